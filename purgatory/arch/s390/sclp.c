/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts: Linux 6.12 drivers/s390/char/sclp.h, sclp_rw.h and sclp_early_core.c; QEMU hw/s390x/sclp*.c.
 */
#include "purgatory/arch/s390/sclp.h"

#include <stdint.h>

#include "bytes.h"
#include "purgatory/arch/s390/machine.h"
#include "purgatory/mem.h"

#define COMMAND_WRITE_EVENT_DATA 0x00760005
#define COMMAND_WRITE_EVENT_MASK 0x00780005

#define EVENT_MESSAGE 0x02
#define EVENT_ASCII 0x1a
#define EVENT_MASK(type) (UINT32_C(1) << (32 - (type)))

#define RESPONSE_DONE 0x0020

/* A control block must not cross a page, and its address has 31 bits. */
#define BLOCK_SIZE 512
#define BORROWED_BLOCK UINT64_C(0x2000) /* absolute; Linux uses nothing between the lowcore and 0x10000 */
#define ADDRESS_LIMIT UINT64_C(0x80000000)

/*
 * An answer takes microseconds; hypervisors under load take longer. In units of the clock: 2^-12
 * microseconds.
 */
#define PATIENCE (UINT64_C(2) * 1000000 << 12)

struct block_header {
	struct be16 length;
	uint8_t function;
	uint8_t control[3];
	struct be16 response;
};

struct mask_block {
	struct block_header header;
	struct be16 reserved;
	struct be16 mask_length;
	struct be32 receive;
	struct be32 send;
	struct be32 sclp_receive;
	struct be32 sclp_send;
};

struct event_header {
	struct be16 length;
	uint8_t type;
	uint8_t flags;
	struct be16 reserved;
};

struct ascii_block {
	struct block_header header;
	struct event_header event;
	uint8_t text[SCLP_LINE_MOST + 2];
};

/* Message data block: header, general object, one message text object with its text. */
struct message_block {
	struct block_header header;
	struct event_header event;
	struct be16 data_length;
	struct be16 data_type;
	struct be32 data_tag;
	struct be32 data_revision;
	struct be16 general_length;
	struct be16 general_type;
	uint8_t general[52];
	struct be16 text_length;
	struct be16 text_type;
	struct be16 text_line_type;
	uint8_t text_alarm;
	uint8_t text_reserved[3];
	uint8_t text[SCLP_LINE_MOST];
};

_Static_assert(offsetof(struct message_block, text_length) - offsetof(struct message_block, general_length) == 56,
	       "general object");
_Static_assert(offsetof(struct message_block, text) - offsetof(struct message_block, text_length) == 10,
	       "message text object");
_Static_assert(sizeof(struct message_block) <= BLOCK_SIZE, "block size");
_Static_assert(sizeof(struct ascii_block) <= BLOCK_SIZE, "block size");

#define DATA_TAG_MDB 0xd4c4c240 /* "MDB " in EBCDIC */
#define LINE_TYPE_END 0x1000

static uint8_t own_block[BLOCK_SIZE] __attribute__((aligned(BLOCK_SIZE)));

static uint64_t clock_now(void)
{
	uint64_t now;

	__asm__ volatile("stck %0" : "=Q"(now) : : "cc");
	return now;
}

/* Sleeps until the machine has answered; false if that took longer than until `deadline`. */
static bool wait_for_interruption(uint64_t deadline)
{
	struct s390_psw *handler = s390_at(S390_LOWCORE_EXTERNAL_NEW_PSW);
	struct be16 *code = s390_at(S390_LOWCORE_EXTERNAL_CODE);
	struct s390_psw wait = { S390_PSW_64BIT | S390_PSW_WAIT | S390_PSW_EXTERNAL, 0 };
	uint64_t address;

	handler->mask = S390_PSW_64BIT;
	*code = be16_make(0);
	__asm__ volatile("sckc %[deadline]\n"
			 "larl %[address],0f\n"
			 "stg %[address],8(%[handler])\n"
			 "stg %[address],%[wait_address]\n"
			 "lpswe %[wait]\n"
			 "0:\n"
			 : [address] "=&d"(address), [wait_address] "=Q"(wait.address)
			 : [deadline] "Q"(deadline), [handler] "a"(handler), [wait] "Q"(wait)
			 : "cc", "memory");
	return be16_get(*code) == S390_EXTERNAL_SERVICE_SIGNAL;
}

static unsigned int service_call(uint32_t command, void *block)
{
	uint64_t cc;

	__asm__ volatile(".insn rre,0xb2200000,%[command],%[block]\n"
			 "ipm %[cc]\n"
			 : [cc] "=d"(cc)
			 : [command] "d"((uint64_t)command), [block] "a"(block)
			 : "cc", "memory");
	return (unsigned int)(cc >> 28) & 3;
}

/* The response code; 0 where the machine did not answer in time or cannot. */
static uint16_t execute(uint32_t command, struct block_header *block)
{
	uint64_t deadline = clock_now() + PATIENCE;
	unsigned int cc;

	block->response = be16_make(0);
	/* 2 = busy with what was asked before: its interruption is still to come. */
	while ((cc = service_call(command, block)) == 2)
		if (!wait_for_interruption(deadline))
			return 0;
	if (cc != 0)
		return 0;
	/* The first interruption may be that of an older call. */
	while (wait_for_interruption(deadline) && be16_get(block->response) == 0)
		continue;
	return be16_get(block->response);
}

/* The codes that EBCDIC 037 (z/VM) and 500 (service element) share. */
static uint8_t ebcdic(char c)
{
	static const char marks[] = " .,:-()'/=_";
	static const uint8_t mark_codes[] = {
		0x40, 0x4b, 0x6b, 0x7a, 0x60, 0x4d, 0x5d, 0x7d, 0x61, 0x7e, 0x6d,
	};
	uint8_t letter = (uint8_t)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (uint8_t)(0xf0 + (c - '0'));
	if (letter >= 'a' && letter <= 'z') {
		uint8_t first = letter <= 'i' ? 0x81 + (letter - 'a')
				: letter <= 'r' ? 0x91 + (letter - 'j') : 0xa2 + (letter - 's');

		return c & 0x20 ? first : first | 0x40;
	}
	for (unsigned int i = 0; i < sizeof(mark_codes); i++)
		if (marks[i] == c)
			return mark_codes[i];
	return 0x6f;
}

static void print_ascii(void *block, const char *line, size_t length)
{
	struct ascii_block *b = block;
	size_t size = sizeof(*b) - sizeof(b->text) + length + 2;

	memset(b, 0, sizeof(*b));
	b->header.length = be16_make((uint16_t)size);
	b->event.length = be16_make((uint16_t)(size - sizeof(b->header)));
	b->event.type = EVENT_ASCII;
	memcpy(b->text, line, length);
	b->text[length] = '\r';
	b->text[length + 1] = '\n';
	execute(COMMAND_WRITE_EVENT_DATA, &b->header);
}

static void print_message(void *block, const char *line, size_t length)
{
	struct message_block *b = block;
	size_t size = sizeof(*b) - sizeof(b->text) + length;

	memset(b, 0, sizeof(*b));
	b->header.length = be16_make((uint16_t)size);
	b->event.length = be16_make((uint16_t)(size - offsetof(struct message_block, event)));
	b->event.type = EVENT_MESSAGE;
	b->data_length = be16_make((uint16_t)(size - offsetof(struct message_block, data_length)));
	b->data_type = be16_make(1);
	b->data_tag = be32_make(DATA_TAG_MDB);
	b->data_revision = be32_make(1);
	b->general_length = be16_make(offsetof(struct message_block, text_length) -
				      offsetof(struct message_block, general_length));
	b->general_type = be16_make(1);
	b->text_length = be16_make((uint16_t)(size - offsetof(struct message_block, text_length)));
	b->text_type = be16_make(4);
	b->text_line_type = be16_make(LINE_TYPE_END);
	for (size_t i = 0; i < length; i++)
		b->text[i] = ebcdic(line[i]);
	execute(COMMAND_WRITE_EVENT_DATA, &b->header);
}

/* Tells the machine what it will be sent; its answer is what it takes. */
static uint32_t open_consoles(void *block)
{
	struct mask_block *b = block;
	uint32_t wanted = EVENT_MASK(EVENT_MESSAGE) | EVENT_MASK(EVENT_ASCII);

	memset(b, 0, sizeof(*b));
	b->header.length = be16_make(sizeof(*b));
	b->mask_length = be16_make(sizeof(b->send));
	b->send = be32_make(wanted);
	if (execute(COMMAND_WRITE_EVENT_MASK, &b->header) != RESPONSE_DONE)
		return 0;
	return be32_get(b->sclp_receive) & wanted;
}

static void print_in_block(void *block, const char *line, size_t length)
{
	uint32_t consoles = open_consoles(block);

	if (consoles & EVENT_MASK(EVENT_MESSAGE))
		print_message(block, line, length);
	if (consoles & EVENT_MASK(EVENT_ASCII))
		print_ascii(block, line, length);
}

void sclp_print_line(const char *line, size_t length)
{
	uint64_t cr0 = s390_read_cr0();
	uint64_t comparator;

	if (length > SCLP_LINE_MOST)
		length = SCLP_LINE_MOST;
	__asm__ volatile("stckc %0" : "=Q"(comparator));
	s390_write_cr0(S390_CR0_SERVICE_SIGNAL | S390_CR0_CLOCK_COMPARATOR);
	if ((uintptr_t)own_block < ADDRESS_LIMIT) {
		print_in_block(own_block, line, length);
	} else {
		void *borrowed = s390_at(BORROWED_BLOCK);

		memcpy(own_block, borrowed, BLOCK_SIZE);
		print_in_block(borrowed, line, length);
		memcpy(borrowed, own_block, BLOCK_SIZE);
	}
	__asm__ volatile("sckc %0" : : "Q"(comparator));
	s390_write_cr0(cr0);
}
