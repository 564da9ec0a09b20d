/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/text_platform.h"

#include <inttypes.h>
#include <string.h>

#include "kexec/base/quote.h"
#include "kexec/machine/platform.h"

/* Bytes of boot parameters on a line. */
#define ROW 64

static bool read_up_to(struct text_fields *fields, const char *wanted, uint64_t most, uint64_t *value,
		       struct err *err)
{
	if (!text_fields_number(fields, wanted, value, err))
		return false;
	if (*value > most)
		return err_set(err, ERR_BAD_MACHINE, "%llu found, expected %s of at most %llu",
			       (unsigned long long)*value, wanted, (unsigned long long)most);
	return true;
}

bool text_platform_firmware(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine *machine = reader->machine;
	struct machine_firmware_range entry;

	if (!text_fields_range(fields, &entry.range, err) ||
	    !text_fields_string(fields, &machine->arena, &entry.type, err))
		return false;
	machine->firmware = text_reader_grow(&reader->scratch, machine->firmware, machine->firmware_count,
					     &reader->firmware_capacity, sizeof(entry));
	machine->firmware[machine->firmware_count++] = entry;
	return true;
}

/* The bytes that pairs of digits stand for; 0 where they do not, or where these are more than `room`. */
static size_t scan_bytes(struct blob digits, uint8_t *bytes, size_t room)
{
	if (digits.size % 2 || digits.size / 2 > room)
		return 0;
	for (size_t i = 0; i < digits.size / 2; i++) {
		uint64_t value;

		if (!scan_hex(blob_part(digits, i * 2, 2), &value))
			return 0;
		bytes[i] = (uint8_t)value;
	}
	return digits.size / 2;
}

bool text_platform_boot_params(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine *machine = reader->machine;
	uint8_t bytes[ROW];
	uint64_t offset;
	struct blob word;

	if (!text_fields_address(fields, "an offset", &offset, err) ||
	    !text_fields_word(fields, "bytes", &word, err))
		return false;

	size_t size = scan_bytes(word, bytes, sizeof(bytes));

	if (size == 0)
		return err_set(err, ERR_BAD_MACHINE,
			       "\"%s\" found, expected 1 to %d bytes of two hexadecimal digits each",
			       scan_show(word).text, ROW);
	if (offset > PLATFORM_BOOT_PARAMS_SIZE || size > PLATFORM_BOOT_PARAMS_SIZE - offset)
		return err_set(err, ERR_BAD_MACHINE, "%zu bytes at 0x%llx end beyond the %d that there are",
			       size, (unsigned long long)offset, PLATFORM_BOOT_PARAMS_SIZE);
	if (offset < reader->boot_params_used)
		return err_set(err, ERR_BAD_MACHINE,
			       "0x%llx cannot follow bytes up to 0x%zx: the offsets ascend",
			       (unsigned long long)offset, reader->boot_params_used);
	if (!reader->boot_params) {
		reader->boot_params = arena_alloc(&machine->arena, PLATFORM_BOOT_PARAMS_SIZE);
		machine->boot_params = (struct blob){ reader->boot_params, PLATFORM_BOOT_PARAMS_SIZE };
	}
	memcpy(reader->boot_params + offset, bytes, size);
	reader->boot_params_used = (size_t)offset + size;
	return true;
}

bool text_platform_efi(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	(void)fields;
	(void)err;
	reader->machine->efi.present = true;
	return true;
}

bool text_platform_efi_tables(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine_efi *efi = &reader->machine->efi;

	efi->has_systab = true;
	return text_fields_address(fields, "the address of the vendor's name", &efi->fw_vendor, err) &&
	       text_fields_address(fields, "the address of the runtime services", &efi->runtime, err) &&
	       text_fields_address(fields, "the address of the configuration tables", &efi->config_table, err);
}

bool text_platform_efi_smbios(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	return text_fields_address(fields, "an address", &reader->machine->efi.smbios, err);
}

bool text_platform_efi_acpi20(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	return text_fields_address(fields, "an address", &reader->machine->efi.acpi20, err);
}

bool text_platform_efi_acpi(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	return text_fields_address(fields, "an address", &reader->machine->efi.acpi, err);
}

bool text_platform_efi_range(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine_efi *efi = &reader->machine->efi;
	struct machine_efi_range range;
	uint64_t type;

	if (!read_up_to(fields, "a type", UINT32_MAX, &type, err) ||
	    !text_fields_address(fields, "a physical address", &range.physical, err) ||
	    !text_fields_address(fields, "a virtual address", &range.mapped, err) ||
	    !text_fields_number(fields, "a number of pages", &range.pages, err) ||
	    !text_fields_address(fields, "an attribute", &range.attribute, err))
		return false;
	range.type = (uint32_t)type;
	if (!platform_efi_range_fits(&range))
		return err_set(err, ERR_BAD_MACHINE,
			       "%llu pages of %d bytes at 0x%llx end beyond the 64-bit address space",
			       (unsigned long long)range.pages, PLATFORM_EFI_PAGE,
			       (unsigned long long)range.physical);
	efi->map = text_reader_grow(&reader->scratch, efi->map, efi->map_count, &reader->efi_capacity,
				    sizeof(range));
	efi->map[efi->map_count++] = range;
	return true;
}

bool text_platform_framebuffer(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine_framebuffer *framebuffer = &reader->machine->framebuffer;
	const struct {
		const char *wanted;
		uint32_t *value;
	} pixels[] = {
		{ "a width", &framebuffer->width },
		{ "a height", &framebuffer->height },
		{ "bits of a pixel", &framebuffer->depth },
		{ "bytes of a line", &framebuffer->pitch },
	};
	const struct {
		const char *wanted;
		uint8_t *value;
	} bits[] = {
		{ "bits of red", &framebuffer->red_size },
		{ "the lowest bit of red", &framebuffer->red_shift },
		{ "bits of green", &framebuffer->green_size },
		{ "the lowest bit of green", &framebuffer->green_shift },
		{ "bits of blue", &framebuffer->blue_size },
		{ "the lowest bit of blue", &framebuffer->blue_shift },
		{ "bits of the rest", &framebuffer->rest_size },
		{ "the lowest bit of the rest", &framebuffer->rest_shift },
	};
	uint64_t value;

	framebuffer->present = true;
	if (!text_fields_string(fields, &reader->machine->arena, &framebuffer->id, err) ||
	    !text_fields_address(fields, "an address", &framebuffer->base, err) ||
	    !text_fields_number(fields, "a size", &framebuffer->size, err))
		return false;
	for (size_t i = 0; i < sizeof(pixels) / sizeof(pixels[0]); i++) {
		if (!read_up_to(fields, pixels[i].wanted, UINT32_MAX, &value, err))
			return false;
		*pixels[i].value = (uint32_t)value;
	}
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (!read_up_to(fields, bits[i].wanted, UINT8_MAX, &value, err))
			return false;
		*bits[i].value = (uint8_t)value;
	}
	if (!platform_framebuffer_fits(framebuffer))
		return err_set(err, ERR_BAD_MACHINE, "%llu bytes at 0x%llx end beyond the 64-bit address space",
			       (unsigned long long)framebuffer->size, (unsigned long long)framebuffer->base);
	return true;
}

bool text_platform_direct_map(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine_kernel_map *map = &reader->machine->kernel_map;

	map->has_direct = true;
	return text_fields_address(fields, "a virtual address", &map->direct, err);
}

bool text_platform_kernel_text(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine_kernel_map *map = &reader->machine->kernel_map;

	map->has_text = true;
	if (!text_fields_range(fields, &map->text, err) ||
	    !text_fields_address(fields, "a physical address", &map->text_physical, err))
		return false;
	if (!platform_kernel_text_fits(map))
		return err_set(err, ERR_BAD_MACHINE,
			       "a text of 0x%llx bytes at 0x%llx is no range of memory",
			       (unsigned long long)range_size(map->text),
			       (unsigned long long)map->text_physical);
	return true;
}

bool text_platform_initrd(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	reader->machine->has_initrd = true;
	return text_fields_range(fields, &reader->machine->initrd, err);
}

bool text_platform_memory_encryption(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	return text_fields_address(fields, "a mask", &reader->machine->memory_encryption, err);
}

bool text_platform_xen_dom0(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	(void)fields;
	(void)err;
	reader->machine->is_xen_dom0 = true;
	return true;
}

static void begin(FILE *out, enum text_keyword keyword)
{
	fputs(text_keywords[keyword].name, out);
}

static void write_address(FILE *out, enum text_keyword keyword, uint64_t address)
{
	begin(out, keyword);
	fprintf(out, " 0x%" PRIx64 "\n", address);
}

/* All rows that are not only zeros, and the first in any case: without a line there are no boot parameters. */
static void write_boot_params(FILE *out, struct blob blob)
{
	for (size_t row = 0; row < blob.size; row += ROW) {
		bool zero = true;

		for (size_t i = 0; i < ROW; i++)
			zero = zero && blob.data[row + i] == 0;
		if (zero && row)
			continue;
		begin(out, TEXT_BOOT_PARAMS);
		fprintf(out, " 0x%zx ", row);
		for (size_t i = 0; i < ROW; i++)
			fprintf(out, "%02x", blob.data[row + i]);
		fputc('\n', out);
	}
}

static void write_efi(FILE *out, const struct machine_efi *efi)
{
	if (!efi->present)
		return;
	begin(out, TEXT_EFI);
	fputc('\n', out);
	if (efi->has_systab) {
		begin(out, TEXT_EFI_TABLES);
		fprintf(out, " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "\n", efi->fw_vendor, efi->runtime,
			efi->config_table);
	}
	if (efi->smbios)
		write_address(out, TEXT_EFI_SMBIOS, efi->smbios);
	if (efi->acpi20)
		write_address(out, TEXT_EFI_ACPI20, efi->acpi20);
	if (efi->acpi)
		write_address(out, TEXT_EFI_ACPI, efi->acpi);
	for (size_t i = 0; i < efi->map_count; i++) {
		const struct machine_efi_range *range = &efi->map[i];

		begin(out, TEXT_EFI_RANGE);
		fprintf(out, " %" PRIu32 " 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64 " 0x%" PRIx64 "\n", range->type,
			range->physical, range->mapped, range->pages, range->attribute);
	}
}

static void write_framebuffer(FILE *out, const struct machine_framebuffer *framebuffer)
{
	const uint8_t bits[] = {
		framebuffer->red_size,	framebuffer->red_shift,	 framebuffer->green_size, framebuffer->green_shift,
		framebuffer->blue_size, framebuffer->blue_shift, framebuffer->rest_size,  framebuffer->rest_shift,
	};

	if (!framebuffer->present)
		return;
	begin(out, TEXT_FRAMEBUFFER);
	fputc(' ', out);
	quote_write(out, framebuffer->id);
	fprintf(out, " 0x%" PRIx64 " %" PRIu64 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32, framebuffer->base,
		framebuffer->size, framebuffer->width, framebuffer->height, framebuffer->depth,
		framebuffer->pitch);
	for (size_t i = 0; i < sizeof(bits); i++)
		fprintf(out, " %u", bits[i]);
	fputc('\n', out);
}

/* In quotes, in which no line end of a file's name can end the comment. */
static void write_problem(FILE *out, const char *what, const char *problem)
{
	if (!problem)
		return;
	fprintf(out, "# %s: ", what);
	quote_write(out, problem);
	fputc('\n', out);
}

void text_platform_write(FILE *out, const struct machine *machine)
{
	const struct machine_kernel_map *map = &machine->kernel_map;

	write_problem(out, "Firmware facts not used", machine->firmware_problem);
	write_problem(out, "Kernel map not used", machine->kernel_map_problem);
	write_problem(out, "Device tree not used", machine->devicetree_problem);
	for (size_t i = 0; i < machine->firmware_count; i++) {
		const struct machine_firmware_range *entry = &machine->firmware[i];

		begin(out, TEXT_FIRMWARE);
		fprintf(out, " 0x%" PRIx64 " 0x%" PRIx64 " ", entry->range.start, entry->range.end);
		quote_write(out, entry->type);
		fputc('\n', out);
	}
	write_boot_params(out, machine->boot_params);
	write_efi(out, &machine->efi);
	write_framebuffer(out, &machine->framebuffer);
	if (map->has_direct)
		write_address(out, TEXT_DIRECT_MAP, map->direct);
	if (map->has_text) {
		begin(out, TEXT_KERNEL_TEXT);
		fprintf(out, " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "\n", map->text.start, map->text.end,
			map->text_physical);
	}
	/* On Power it is a fact of the device tree. */
	if (machine->has_initrd && !machine->power.present) {
		begin(out, TEXT_INITRD);
		fprintf(out, " 0x%" PRIx64 " 0x%" PRIx64 "\n", machine->initrd.start, machine->initrd.end);
	}
	if (machine->memory_encryption)
		write_address(out, TEXT_MEMORY_ENCRYPTION, machine->memory_encryption);
	if (machine->is_xen_dom0) {
		begin(out, TEXT_XEN_DOM0);
		fputc('\n', out);
	}
}
