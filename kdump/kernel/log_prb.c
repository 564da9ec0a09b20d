/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since Linux 5.10: struct printk_ringbuffer (kernel/printk/printk_ringbuffer.h). Descriptors are numbered; those from
 * tail to head are in use. Each says in its top two bits how far its record is, and in the rest whose it is: one that
 * was used again for another record has another number.
 *
 * Positions in the ring of texts count on and on. A block that does not fit before the end of the ring begins again at
 * its start. Until autumn 2025 one that would end exactly there did so, too; since then it stays (Linux 67e1b0052f6b).
 * That the last byte of a block lies on the same lap as its first tells both kinds apart in all of these kernels.
 */
#include <inttypes.h>
#include <string.h>

#include "kdump/kernel/log_walk.h"

#define BITS_MAX 30u
#define PAGE_LEAST 4096u

/* enum desc_state */
#define STATE_COMMITTED 1u
#define STATE_FINALIZED 2u

struct prb {
	/* Layout. */
	uint64_t ring_size, descriptor_size, info_size;
	uint64_t count_bits, descriptors, infos, head, tail, size_bits, data;
	uint64_t state, begin, next, time, length, caller;
	bool has_caller;
	unsigned int long_size;
	uint64_t long_mask, id_mask;

	/* What the ring says. */
	uint64_t descriptors_at, infos_at, data_at;
	uint64_t head_id, tail_id;
	unsigned int index_bits, text_bits;
	uint64_t text_left; /* blocks do not overlap: no more text than the ring has */
};

struct block {
	uint64_t start, size; /* of the text in the ring */
};

static bool read_layout(struct log_walk *walk, struct prb *prb, struct err *err)
{
	uint64_t descriptor_ring, text_ring, block, counter = 0;
	const struct {
		const char *key;
		uint64_t *out;
	} keys[] = {
		{ "SIZE(printk_ringbuffer)", &prb->ring_size },
		{ "SIZE(prb_desc)", &prb->descriptor_size },
		{ "SIZE(printk_info)", &prb->info_size },
		{ "OFFSET(printk_ringbuffer.desc_ring)", &descriptor_ring },
		{ "OFFSET(printk_ringbuffer.text_data_ring)", &text_ring },
		{ "OFFSET(prb_desc_ring.count_bits)", &prb->count_bits },
		{ "OFFSET(prb_desc_ring.descs)", &prb->descriptors },
		{ "OFFSET(prb_desc_ring.infos)", &prb->infos },
		{ "OFFSET(prb_desc_ring.head_id)", &prb->head },
		{ "OFFSET(prb_desc_ring.tail_id)", &prb->tail },
		{ "OFFSET(prb_data_ring.size_bits)", &prb->size_bits },
		{ "OFFSET(prb_data_ring.data)", &prb->data },
		{ "OFFSET(prb_desc.state_var)", &prb->state },
		{ "OFFSET(prb_desc.text_blk_lpos)", &block },
		{ "OFFSET(prb_data_blk_lpos.begin)", &prb->begin },
		{ "OFFSET(prb_data_blk_lpos.next)", &prb->next },
		{ "OFFSET(printk_info.ts_nsec)", &prb->time },
		{ "OFFSET(printk_info.text_len)", &prb->length },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!log_need(walk, keys[i].key, keys[i].out, err))
			return false;
	/* Its only member. */
	kernel_info_decimal(&walk->kernel->info, "OFFSET(atomic_long_t.counter)", &counter);
	prb->has_caller = kernel_info_decimal(&walk->kernel->info, "OFFSET(printk_info.caller_id)", &prb->caller);

	unsigned int wide = prb->long_size;
	const struct {
		const char *name;
		uint64_t base, more;
		uint64_t *at;
		unsigned int width;
		uint64_t size;
	} fields[] = {
		{ "printk_ringbuffer.desc_ring.count_bits", descriptor_ring, 0, &prb->count_bits, 4, prb->ring_size },
		{ "printk_ringbuffer.desc_ring.descs", descriptor_ring, 0, &prb->descriptors, wide, prb->ring_size },
		{ "printk_ringbuffer.desc_ring.infos", descriptor_ring, 0, &prb->infos, wide, prb->ring_size },
		{ "printk_ringbuffer.desc_ring.head_id", descriptor_ring, counter, &prb->head, wide, prb->ring_size },
		{ "printk_ringbuffer.desc_ring.tail_id", descriptor_ring, counter, &prb->tail, wide, prb->ring_size },
		{ "printk_ringbuffer.text_data_ring.size_bits", text_ring, 0, &prb->size_bits, 4, prb->ring_size },
		{ "printk_ringbuffer.text_data_ring.data", text_ring, 0, &prb->data, wide, prb->ring_size },
		{ "prb_desc.state_var", 0, counter, &prb->state, wide, prb->descriptor_size },
		{ "prb_desc.text_blk_lpos.begin", block, 0, &prb->begin, wide, prb->descriptor_size },
		{ "prb_desc.text_blk_lpos.next", block, 0, &prb->next, wide, prb->descriptor_size },
		{ "printk_info.ts_nsec", 0, 0, &prb->time, 8, prb->info_size },
		{ "printk_info.text_len", 0, 0, &prb->length, 2, prb->info_size },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		/* Each term is bounded before the sum is made. */
		if (!log_fits(walk, fields[i].name, fields[i].base, 0, fields[i].size, err) ||
		    !log_fits(walk, fields[i].name, fields[i].more, 0, fields[i].size, err) ||
		    !log_fits(walk, fields[i].name, *fields[i].at, 0, fields[i].size, err))
			return false;
		*fields[i].at += fields[i].base + fields[i].more;
		if (!log_fits(walk, fields[i].name, *fields[i].at, fields[i].width, fields[i].size, err))
			return false;
	}
	return !prb->has_caller || log_fits(walk, "printk_info.caller_id", prb->caller, 4, prb->info_size, err);
}

static bool read_bits(struct log_walk *walk, const char *name, uint32_t bits, uint32_t least, unsigned int *out,
		      struct err *err)
{
	if (bits < least || bits > BITS_MAX)
		return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
				"%s of the kernel's log is %" PRIu32 ", expected %" PRIu32 " to %u", name, bits, least, BITS_MAX);
	*out = bits;
	return true;
}

static bool read_ring(struct log_walk *walk, struct prb *prb, struct err *err)
{
	const struct kernel *kernel = walk->kernel;
	uint8_t ring[LOG_STRUCT_MAX];
	uint64_t at;

	if (!log_must_read_pointer(walk, "prb", &at, err) ||
	    !log_must_read(walk, "struct printk_ringbuffer", at, ring, (size_t)prb->ring_size, err))
		return false;
	prb->descriptors_at = kernel_long(kernel, ring + prb->descriptors);
	prb->infos_at = kernel_long(kernel, ring + prb->infos);
	prb->data_at = kernel_long(kernel, ring + prb->data);
	prb->head_id = kernel_long(kernel, ring + prb->head) & prb->id_mask;
	prb->tail_id = kernel_long(kernel, ring + prb->tail) & prb->id_mask;
	/* The smallest block has a number and at least a byte of text, rounded up. */
	if (!read_bits(walk, "count_bits", kernel_u32(kernel, ring + prb->count_bits), 0, &prb->index_bits, err) ||
	    !read_bits(walk, "size_bits", kernel_u32(kernel, ring + prb->size_bits), 4, &prb->text_bits, err))
		return false;
	prb->text_left = UINT64_C(1) << prb->text_bits;
	return log_has_room(walk, "size_bits", prb->text_left, err) &&
	       log_has_room(walk, "count_bits", (prb->descriptor_size + prb->info_size) << prb->index_bits, err);
}

/* False where the positions cannot be those of a block. */
static bool find_block(const struct prb *prb, uint64_t begin, uint64_t next, uint64_t length, struct block *block)
{
	uint64_t size = UINT64_C(1) << prb->text_bits;
	uint64_t first_lap = begin >> prb->text_bits;
	uint64_t last_lap = ((next - 1) & prb->long_mask) >> prb->text_bits;
	uint64_t end = next & (size - 1);

	*block = (struct block){ 0, 0 };
	/* Odd: an empty line, or text for which there was no room. */
	if (begin & next & 1)
		return true;
	if (!end)
		end = size;
	if (first_lap == last_lap)
		block->start = begin & (size - 1);
	else if (((first_lap + 1) & (prb->long_mask >> prb->text_bits)) != last_lap)
		return false;
	/* A block begins with the number of its descriptor. */
	block->start += prb->long_size;
	if (block->start > end)
		return false;
	block->size = length < end - block->start ? length : end - block->start;
	return true;
}

static bool print_record(struct log_walk *walk, struct prb *prb, uint64_t index, const uint8_t *descriptor,
			 struct err *err)
{
	const struct kernel *kernel = walk->kernel;
	uint64_t begin = kernel_long(kernel, descriptor + prb->begin);
	uint64_t next = kernel_long(kernel, descriptor + prb->next);
	uint8_t info[LOG_STRUCT_MAX];
	uint64_t length = UINT16_MAX, time = 0;
	uint32_t caller = 0;
	struct block block;
	struct err why;
	bool informed = kernel_read(walk->view, log_address(walk, prb->infos_at, index * prb->info_size), info,
				    (size_t)prb->info_size, &why);

	if (informed) {
		time = kernel_u64(kernel, info + prb->time);
		length = kernel_u16(kernel, info + prb->length);
		if (prb->has_caller)
			caller = kernel_u32(kernel, info + prb->caller);
	} else {
		log_loss(walk, &why);
	}
	if (!find_block(prb, begin, next, length, &block)) {
		err_set(&why, ERR_BAD_IMAGE,
			"a record's text lies from 0x%" PRIx64 " to 0x%" PRIx64 ", which is no block in a ring of 0x%" PRIx64
			" bytes",
			begin, next, UINT64_C(1) << prb->text_bits);
		log_loss(walk, &why);
		walk->record_cut = true;
	}
	walk->record_cut |= !informed;
	if (block.size > prb->text_left)
		return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
				"the records have more text than the ring of 0x%" PRIx64 " bytes: they overlap, and the log is "
				"damaged from here on",
				UINT64_C(1) << prb->text_bits);
	prb->text_left -= block.size;
	return log_record_begin(walk, informed ? &time : NULL, informed && prb->has_caller ? &caller : NULL, err) &&
	       log_record_text(walk, log_address(walk, prb->data_at, block.start), block.size, err) &&
	       log_record_end(walk, err);
}

/*
 * Reads descriptors from index on, as many as lie in one page, at most `most`. Those that cannot be read become zeros,
 * which is a descriptor not in use.
 */
static uint64_t next_descriptors(struct log_walk *walk, const struct prb *prb, uint64_t index, uint64_t most,
				 uint8_t *descriptors)
{
	uint64_t at = log_address(walk, prb->descriptors_at, index * prb->descriptor_size);
	uint64_t number = (PAGE_LEAST - at % PAGE_LEAST) / prb->descriptor_size;
	uint64_t behind = (UINT64_C(1) << prb->index_bits) - index;
	struct err why;

	if (number > behind)
		number = behind;
	if (number > most)
		number = most;
	/* One that begins in this page and ends in the next. */
	if (!number)
		number = 1;

	size_t size = (size_t)(number * prb->descriptor_size);

	if (!kernel_read(walk->view, at, descriptors, size, &why)) {
		log_loss(walk, &why);
		walk->lost_descriptors += number;
		memset(descriptors, 0, size);
	}
	return number;
}

static bool in_use(const struct log_walk *walk, const struct prb *prb, uint64_t id, const uint8_t *descriptor)
{
	uint64_t state = kernel_long(walk->kernel, descriptor + prb->state);
	unsigned int flags = (unsigned int)(state >> (8 * prb->long_size - 2));

	return (state & prb->id_mask) == id && (flags == STATE_COMMITTED || flags == STATE_FINALIZED);
}

bool log_prb_print(struct log_walk *walk, struct err *err)
{
	bool is64 = walk->kernel->is64;
	struct prb prb = {
		.long_size = is64 ? 8 : 4,
		.long_mask = is64 ? UINT64_MAX : UINT32_MAX,
		.id_mask = is64 ? UINT64_MAX >> 2 : UINT32_MAX >> 2,
	};
	uint8_t descriptors[PAGE_LEAST];

	if (!read_layout(walk, &prb, err) || !read_ring(walk, &prb, err))
		return false;

	uint64_t count = UINT64_C(1) << prb.index_bits;
	uint64_t used = ((prb.head_id - prb.tail_id) & prb.id_mask) + 1;
	bool sound = used <= count;

	/* Where the tail cannot be, whatever is left before the head still can. */
	if (!sound)
		used = count;
	for (uint64_t i = 0; i < used;) {
		uint64_t id = (prb.head_id - (used - 1 - i)) & prb.id_mask;
		uint64_t number = next_descriptors(walk, &prb, id & (count - 1), used - i, descriptors);

		for (uint64_t j = 0; j < number; j++, id = (id + 1) & prb.id_mask)
			if (in_use(walk, &prb, id, descriptors + j * prb.descriptor_size) &&
			    !print_record(walk, &prb, id & (count - 1), descriptors + j * prb.descriptor_size, err))
				return false;
		i += number;
	}
	if (sound)
		return true;
	return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
			"the log's descriptors go from number 0x%" PRIx64 " to 0x%" PRIx64 ", and there are only %" PRIu64
			": what was found for the last of them was written, and may not be all",
			prb.tail_id, prb.head_id, count);
}
