/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/framebuffer.h"

#include <fcntl.h>
#include <linux/fb.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kexec/machine/platform.h"

/* Whether a colour lies inside of a pixel of 64 bits at most. */
static bool take_colour(const struct fb_bitfield *field, uint8_t *size, uint8_t *shift)
{
	*size = (uint8_t)field->length;
	*shift = (uint8_t)field->offset;
	return field->length <= 64 && field->offset <= 64;
}

void framebuffer_read(struct machine_framebuffer *framebuffer, struct arena *arena, const char *path)
{
	struct fb_fix_screeninfo fixed = { .smem_start = 0 };
	struct fb_var_screeninfo now = { .xres = 0 };
	struct machine_framebuffer found = { .present = true };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*framebuffer = (struct machine_framebuffer){ .present = false };
	if (fd < 0)
		return;

	bool ok = ioctl(fd, FBIOGET_FSCREENINFO, &fixed) == 0 && ioctl(fd, FBIOGET_VSCREENINFO, &now) == 0;

	close(fd);
	if (!ok)
		return;
	found.base = fixed.smem_start;
	found.size = fixed.smem_len;
	found.width = now.xres;
	found.height = now.yres;
	found.depth = now.bits_per_pixel;
	found.pitch = fixed.line_length;
	if (!take_colour(&now.red, &found.red_size, &found.red_shift) ||
	    !take_colour(&now.green, &found.green_size, &found.green_shift) ||
	    !take_colour(&now.blue, &found.blue_size, &found.blue_shift) ||
	    !take_colour(&now.transp, &found.rest_size, &found.rest_shift) || !platform_framebuffer_fits(&found))
		return;
	found.id = arena_strndup(arena, fixed.id, strnlen(fixed.id, sizeof(fixed.id)));
	*framebuffer = found;
}
