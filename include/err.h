/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors as values. A function that can fail returns bool and takes a `struct err *` last, never NULL; it returns
 * false exactly when it has set that error. The text grows on the way up, outermost first:
 *
 *   "cannot load /boot/image: initrd /boot/rd: 12 bytes found where a cpio header takes 110"
 *
 * No heap, no output: main.c alone prints and exits.
 */
#ifndef ERR_H
#define ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* By whose fault it is. main.c maps these to exit codes. */
enum err_code {
	ERR_NONE,
	ERR_USAGE,	 /* the command line asks for something impossible or contradictory */
	ERR_SYSTEM,	 /* a system call on a file failed; errnum says how */
	ERR_BAD_IMAGE,	 /* a kernel, initrd or other input file is damaged or of no known format */
	ERR_BAD_MACHINE, /* /proc, /sys or a machine text says something that cannot be */
	ERR_NO_ROOM,	 /* all is well formed, but it does not fit */
	ERR_UNSUPPORTED, /* well formed, and this program or machine cannot do it */
	ERR_DENIED,	 /* the kernel refused: privilege, lockdown, signature */
	ERR_INTERNAL,	 /* our own bug: an invariant does not hold */
};

struct err {
	enum err_code code;
	int errnum; /* errno where code is ERR_SYSTEM or ERR_DENIED, else 0 */
	char text[2048];
};

#define ERR_CHECKED __attribute__((warn_unused_result))
#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/*
 * All three give false, so that a failing function can end in `return err_set(...)`; as macros, so that the compiler
 * knows it.
 *
 *   err_set(err, code, format, ...)
 *   err_system(err, errnum, format, ...)   code ERR_SYSTEM (ERR_DENIED for EPERM and EACCES); appends ": " and the
 *                                          meaning of errnum
 *   err_prefix(err, format, ...)           puts "text: " before what the error says; code and errnum stay
 *
 * A text too long is cut with "...".
 */
#define err_set(...) (err_set_text(__VA_ARGS__), err_false())
#define err_system(...) (err_set_system(__VA_ARGS__), err_false())
#define err_prefix(...) (err_set_prefix(__VA_ARGS__), err_false())

void err_set_text(struct err *err, enum err_code code, const char *format, ...) ERR_PRINTF(3, 4);
void err_set_system(struct err *err, int errnum, const char *format, ...) ERR_PRINTF(3, 4);
void err_set_prefix(struct err *err, const char *format, ...) ERR_PRINTF(2, 3);

static inline bool err_false(void)
{
	return false;
}

#endif
