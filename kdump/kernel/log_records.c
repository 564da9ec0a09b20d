/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux 3.5 to 5.9: records one after the other in log_buf, each a struct printk_log (struct log until 3.10), text and
 * dictionary. A header of length 0 says that the next record is at the start (kernel/printk.c, log_store()).
 *
 * Where a header is lost nothing says where the next one is. It is looked for behind the hole: a place from which one
 * sound record follows the other.
 */
#include <inttypes.h>

#include "kdump/kernel/log_walk.h"

#define RING_MAX (UINT32_C(1) << 31)
#define PIECE 4096u
/* The least alignment of a record (that of a u64, which is 4 on i386 and m68k), and the greatest. */
#define ALIGN_LEAST 4u
#define ALIGN_MOST 8u
/* So many sound headers in a row are no chance. */
#define CHAIN 3u

struct records {
	uint64_t header, time, length, text_length, dictionary_length, caller;
	bool has_dictionary, has_caller;
	uint64_t buffer;
	uint32_t size, first, next;
};

struct record {
	uint64_t time;
	uint32_t length, text_length, dictionary_length, caller;
};

static bool need_either(struct log_walk *walk, const char *new, const char *old, uint64_t *out, struct err *err)
{
	return kernel_info_decimal(&walk->kernel->info, new, out) ||
	       kernel_info_decimal(&walk->kernel->info, old, out) || log_need(walk, new, out, err);
}

static bool read_layout(struct log_walk *walk, struct records *records, struct err *err)
{
	const struct kernel_info *info = &walk->kernel->info;

	if (!need_either(walk, "SIZE(printk_log)", "SIZE(log)", &records->header, err) ||
	    !need_either(walk, "OFFSET(printk_log.ts_nsec)", "OFFSET(log.ts_nsec)", &records->time, err) ||
	    !need_either(walk, "OFFSET(printk_log.len)", "OFFSET(log.len)", &records->length, err) ||
	    !need_either(walk, "OFFSET(printk_log.text_len)", "OFFSET(log.text_len)", &records->text_length, err) ||
	    !log_fits(walk, "printk_log.ts_nsec", records->time, 8, records->header, err) ||
	    !log_fits(walk, "printk_log.len", records->length, 2, records->header, err) ||
	    !log_fits(walk, "printk_log.text_len", records->text_length, 2, records->header, err))
		return false;
	records->has_dictionary = kernel_info_decimal(info, "OFFSET(printk_log.dict_len)", &records->dictionary_length) ||
				  kernel_info_decimal(info, "OFFSET(log.dict_len)", &records->dictionary_length);
	records->has_caller = kernel_info_decimal(info, "OFFSET(printk_log.caller_id)", &records->caller);
	return (!records->has_dictionary ||
		log_fits(walk, "printk_log.dict_len", records->dictionary_length, 2, records->header, err)) &&
	       (!records->has_caller || log_fits(walk, "printk_log.caller_id", records->caller, 4, records->header, err));
}

static bool read_ring(struct log_walk *walk, struct records *records, struct err *err)
{
	if (!log_must_read_pointer(walk, "log_buf", &records->buffer, err) ||
	    !log_must_read_u32(walk, "log_buf_len", &records->size, err) ||
	    !log_must_read_u32(walk, "log_first_idx", &records->first, err) ||
	    !log_must_read_u32(walk, "log_next_idx", &records->next, err))
		return false;
	if (records->size < records->header || records->size > RING_MAX)
		return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
				"log_buf_len is %" PRIu32 ", expected %" PRIu64 " to %" PRIu32, records->size, records->header,
				RING_MAX);
	if (!log_has_room(walk, "log_buf_len", records->size, err))
		return false;
	if (records->first > records->size - records->header || records->next > records->size)
		return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
				"log_first_idx %" PRIu32 " and log_next_idx %" PRIu32 " do not both lie in log_buf's %" PRIu32
				" bytes",
				records->first, records->next, records->size);
	return true;
}

static struct record decode(const struct log_walk *walk, const struct records *records, const uint8_t *header)
{
	const struct kernel *kernel = walk->kernel;

	return (struct record){
		.time = kernel_u64(kernel, header + records->time),
		.length = kernel_u16(kernel, header + records->length),
		.text_length = kernel_u16(kernel, header + records->text_length),
		.dictionary_length =
			records->has_dictionary ? kernel_u16(kernel, header + records->dictionary_length) : 0,
		.caller = records->has_caller ? kernel_u32(kernel, header + records->caller) : 0,
	};
}

static bool read_record(struct log_walk *walk, const struct records *records, uint64_t index, struct record *record,
			struct err *err)
{
	uint8_t header[LOG_STRUCT_MAX];

	if (!kernel_read(walk->view, log_address(walk, records->buffer, index), header, (size_t)records->header, err))
		return false;
	*record = decode(walk, records, header);
	return true;
}

/* Whether a header at index can be one. */
static bool plausible(const struct records *records, const struct record *record, uint64_t index, uint64_t end)
{
	uint64_t content = records->header + record->text_length + record->dictionary_length;

	if (record->length < content || record->length % ALIGN_LEAST || record->length > end - index)
		return false;
	return !records->has_dictionary || record->length - content < ALIGN_MOST;
}

static bool chain_holds(struct log_walk *walk, const struct records *records, uint64_t index, uint64_t end)
{
	struct record record;
	struct err err;

	for (unsigned int i = 0; i < CHAIN; i++) {
		if (index == end && end == records->next)
			return i > 0;
		if (index > end || end - index < records->header || !read_record(walk, records, index, &record, &err))
			return false;
		if (record.length == 0)
			return i > 0 && end == records->size && record.time == 0 && record.text_length == 0;
		if (!plausible(records, &record, index, end))
			return false;
		index += record.length;
	}
	return true;
}

/* Behind the unreadable header at *index. False where no record is found up to end. */
static bool find_again(struct log_walk *walk, const struct records *records, uint64_t *index, uint64_t end)
{
	uint64_t lost = *index;
	uint8_t piece[PIECE];

	for (uint64_t at = lost + ALIGN_LEAST; at < end;) {
		uint64_t vaddr = log_address(walk, records->buffer, at);
		uint64_t rest = PIECE - vaddr % PIECE;
		size_t length = (size_t)(end - at < rest ? end - at : rest);
		struct err err;

		if (!kernel_read(walk->view, vaddr, piece, length, &err)) {
			at = (at + length + ALIGN_LEAST - 1) / ALIGN_LEAST * ALIGN_LEAST;
			continue;
		}
		for (size_t i = 0; i < length; i += ALIGN_LEAST) {
			if (length - i >= records->header) {
				struct record record = decode(walk, records, piece + i);

				if (!plausible(records, &record, at + i, end))
					continue;
			}
			if (!chain_holds(walk, records, at + i, end))
				continue;
			walk->lost_bytes += at + i - lost;
			*index = at + i;
			return true;
		}
		at = (at + length + ALIGN_LEAST - 1) / ALIGN_LEAST * ALIGN_LEAST;
	}
	walk->lost_bytes += end - lost;
	return false;
}

static bool print_record(struct log_walk *walk, const struct records *records, const struct record *record,
			 uint64_t index, struct err *err)
{
	uint64_t room = record->length - records->header;
	uint64_t size = record->text_length < room ? record->text_length : room;

	return log_record_begin(walk, &record->time, records->has_caller ? &record->caller : NULL, err) &&
	       log_record_text(walk, log_address(walk, records->buffer, index + records->header), size, err) &&
	       log_record_end(walk, err);
}

bool log_records_print(struct log_walk *walk, struct err *err)
{
	struct records records = { 0 };

	if (!read_layout(walk, &records, err) || !read_ring(walk, &records, err))
		return false;

	bool last_lap = records.first <= records.next;
	uint64_t index = records.first;

	while (!last_lap || index != records.next) {
		uint64_t end = last_lap ? records.next : records.size;
		struct record record;
		struct err why;

		if (!read_record(walk, &records, index, &record, &why)) {
			log_loss(walk, &why);
			if (find_again(walk, &records, &index, end))
				continue;
			if (last_lap)
				return true;
			last_lap = true;
			index = 0;
			continue;
		}
		if (record.length == 0 && !last_lap) {
			last_lap = true;
			index = 0;
			continue;
		}
		/* Behind each record there is room for the header that ends a lap. */
		if (record.length < records.header || record.length > end - index ||
		    index + record.length > records.size - records.header)
			return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
					"the record at index %" PRIu64 " of log_buf (%" PRIu32 " bytes, log_next_idx %" PRIu32
					") has length %" PRIu32 ", which cannot be: the log is damaged from there on",
					index, records.size, records.next, record.length);
		if (!print_record(walk, &records, &record, index, err))
			return false;
		index += record.length;
	}
	return true;
}
