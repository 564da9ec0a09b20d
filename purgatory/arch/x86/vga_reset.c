/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mode 3 by its registers alone: there is no BIOS here. Values: IBM VGA XGA Technical Reference Manual, May
 * 1992, tables of register values for mode 3+. The font stays what is in plane 2.
 */
#include "purgatory/arch/x86/vga.h"

#include "purgatory/arch/x86/machine.h"
#include "purgatory/arch/x86/vga_ports.h"

#define MISC 0x67	      /* colour addresses, 28 MHz for 720 dots, 400 lines */
#define RETRACE_UNLOCKED 0x7f /* of VGA_CRTC_RETRACE_END: without the lock on registers 0 to 7 */
#define SEQUENCER_RESET 0x01
#define SEQUENCER_RUN 0x03
#define ATTRIBUTE_SHOW 0x20 /* the palette belongs to the display again */
#define PALETTE_SIZE 64

static const uint8_t sequencer[] = { SEQUENCER_RESET, 0x00, 0x03, 0x00, 0x02 };

static const uint8_t crtc[] = {
	0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
	0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
};

static const uint8_t graphics[] = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff };

static const uint8_t attribute[] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
	0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00,
};

static void write_all(uint16_t port, const uint8_t *values, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		x86_out_indexed(port, (uint8_t)i, values[i]);
}

/* Two bits for a colour: the one with the higher weight in bits 0-2 of the index, the other in bits 3-5. */
static uint8_t shade(unsigned int index, unsigned int colour)
{
	return (uint8_t)((index >> colour & 1) * 0x2a + (index >> (colour + 3) & 1) * 0x15);
}

static void write_palette(void)
{
	x86_out8(VGA_PALETTE_MASK, 0xff);
	x86_out8(VGA_PALETTE_INDEX, 0);
	for (unsigned int i = 0; i < PALETTE_SIZE; i++) {
		x86_out8(VGA_PALETTE_DATA, shade(i, 2));
		x86_out8(VGA_PALETTE_DATA, shade(i, 1));
		x86_out8(VGA_PALETTE_DATA, shade(i, 0));
	}
}

static void write_attributes(void)
{
	x86_in8(VGA_STATUS);
	for (unsigned int i = 0; i < sizeof(attribute); i++) {
		x86_out8(VGA_ATTRIBUTE, (uint8_t)i);
		x86_out8(VGA_ATTRIBUTE, attribute[i]);
	}
	x86_out8(VGA_ATTRIBUTE, ATTRIBUTE_SHOW);
}

void vga_reset(void)
{
	volatile uint16_t *cells = x86_at(VGA_TEXT_MEMORY);

	if (x86_in8(VGA_MISC_READ) == 0xff)
		return;
	write_all(VGA_SEQUENCER, sequencer, sizeof(sequencer));
	x86_out8(VGA_MISC_WRITE, MISC);
	x86_out_indexed(VGA_SEQUENCER, 0, SEQUENCER_RUN);
	x86_out_indexed(VGA_CRTC, VGA_CRTC_RETRACE_END,
			x86_in_indexed(VGA_CRTC, VGA_CRTC_RETRACE_END) & RETRACE_UNLOCKED);
	write_all(VGA_CRTC, crtc, sizeof(crtc));
	write_all(VGA_GRAPHICS, graphics, sizeof(graphics));
	write_palette();
	write_attributes();
	for (unsigned int i = 0; i < VGA_TEXT_CELLS; i++)
		cells[i] = 0x0720;
}
