/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"

#include "kdump/kdump-service/service.h"
#include "kexec/base/file.h"

/* As a captured tree says it (since Linux 6.1), else this machine. */
static const char *machine_name(struct arena *arena, const char *root)
{
	struct utsname here;
	struct err err;
	char *text;

	if (root[0] && file_read_text(arena, file_below(arena, root, "/proc/sys/kernel/arch"), 256, &text, &err)) {
		text[strcspn(text, "\n")] = '\0';
		if (text[0])
			return text;
	}
	return uname(&here) == 0 ? arena_strdup(arena, here.machine) : "";
}

static void read_configuration(struct service *service)
{
	const struct service_options *options = service->options;
	const char *machine = machine_name(service->arena, options->root);

	conf_read(&service->conf, &service->mistakes, service->arena, options->root, options->config, machine);
}

static void print_mistakes(const struct service *service)
{
	void (*print)(const char *format, ...) ERR_PRINTF(1, 2) =
		service->options->verb == SERVICE_SAVE || service->options->verb == SERVICE_UNLOAD ? service_warning
												   : service_error;

	for (size_t i = 0; i < service->mistakes.count; i++) {
		const struct conf_mistake *mistake = &service->mistakes.all[i];

		if (mistake->line)
			print("%s:%u: %s", mistake->file, mistake->line, mistake->text);
		else
			print("%s: %s", mistake->file, mistake->text);
	}
}

static int print_configuration(const struct service *service)
{
	fputs(conf_write(service->arena, &service->conf), stdout);
	return service->mistakes.count ? SERVICE_BAD_CONFIGURATION : SERVICE_DONE;
}

static int run(const struct service_options *options)
{
	static int (*const verbs[])(struct service * service) = {
		[SERVICE_LOAD] = service_load, [SERVICE_UNLOAD] = service_unload, [SERVICE_STATUS] = service_status,
		[SERVICE_TEST] = service_test, [SERVICE_BUILD] = service_build,	  [SERVICE_SAVE] = service_save,
	};
	struct arena arena;
	struct service service = { .options = options, .arena = &arena };
	int code;

	arena_init(&arena);
	read_configuration(&service);
	print_mistakes(&service);
	code = options->verb == SERVICE_PRINT ? print_configuration(&service) : verbs[options->verb](&service);
	arena_release(&arena);
	return code;
}

/* Early in a boot these may be closed: a file would get their number, and what is printed would go into it. */
static bool open_standard(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return err_system(err, errno,
					  "cannot open /dev/null in the place of descriptor %d, which is closed", fd);
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int main(int argc, char *argv[])
{
	struct service_options options;
	struct err err;
	int code = SERVICE_DONE;

	/* A reader that goes away, and a limit on file sizes, are errors of a write, not ends of the program. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Inherited as ignored, it would keep children from being waited for. */
	signal(SIGCHLD, SIG_DFL);
	if (!open_standard(&err)) {
		service_error("%s", err.text);
		return SERVICE_FAILED;
	}
	if (argc > 0 && strcmp(base_name(argv[0]), SERVICE_GENERATOR) == 0)
		return service_generate(argc, argv);
	if (!service_options_read(&options, argc, argv, &err)) {
		service_error("%s", err.text);
		return SERVICE_USAGE;
	}
	if (options.quiet)
		service_be_quiet();
	if (options.verb == SERVICE_HELP)
		service_options_help();
	else if (options.verb == SERVICE_VERSION)
		printf("kdump-service %s\n", PACKAGE_VERSION);
	else
		code = run(&options);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == SERVICE_DONE && options.verb != SERVICE_SAVE) {
		service_error("cannot write to standard output: %s", strerror(errno));
		return SERVICE_FAILED;
	}
	return code;
}
