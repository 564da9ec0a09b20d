/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saving over ssh: vmcore-save writes a stream into a pipe, ssh reads it. Over there it grows under a name that ends in
 * .incomplete, and gets its own only by a further command, when both programs ended well; or the other side has
 * vmcore-save too, which does the same with the file that the stream stands for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"

#define SSH_PORT 22
#define SSH_FAILED 255 /* ssh(1): of ssh itself, not of the command */
#define TRIES 3
#define PAUSE_SECONDS 5

/* One command over there: it may sync all that was sent. A disk that hangs there must not keep this machine down. */
#define COMMAND_SECONDS 1800

/*
 * What runs over there; $1 is the folder. Each is quoted as a whole, and may be run again, where ssh ended before it
 * said how the first time went.
 */
#define PREPARE \
	"umask 077; PATH=$PATH:/usr/sbin:/sbin; " \
	"if [ -e \"$1/vmcore\" ] || [ -e \"$1/vmcore.flat\" ]; then echo saved; " \
	"elif mkdir -p \"$1\"; then " \
	"if command -v vmcore-save >/dev/null 2>&1; then echo unflatten; else echo plain; fi; else exit 1; fi"
#define RECEIVE_LOG "umask 077; cat >\"$1/vmcore-dmesg.txt.incomplete\""
#define FINISH_LOG \
	"cd \"$1\" && if [ -e vmcore-dmesg.txt.incomplete ] || [ ! -e vmcore-dmesg.txt ]; then " \
	"mv vmcore-dmesg.txt.incomplete vmcore-dmesg.txt; fi"
#define RECEIVE_PLAIN "umask 077; cat >\"$1/vmcore.flat.incomplete\""
#define RECEIVE_UNFLATTEN "umask 077; PATH=$PATH:/usr/sbin:/sbin; exec vmcore-save --unflatten \"$1/vmcore\""
#define FINISH_PLAIN \
	"umask 077; cd \"$1\" && if [ -e vmcore.flat.incomplete ] || [ ! -e vmcore.flat ]; then " \
	"{ ! command -v sync >/dev/null || sync vmcore.flat.incomplete 2>/dev/null || sync; } && " \
	"printf \"%s\\n\" \"$2\" >README.txt && mv vmcore.flat.incomplete vmcore.flat; fi && { sync || :; }"
#define FINISH_UNFLATTEN "[ -e \"$1/vmcore\" ] && { sync || :; }"
#define LOOK_FOR_PART "[ -s \"$1/vmcore.flat.incomplete\" ] || [ -s \"$1/vmcore.incomplete\" ]"
#define LIST \
	"cd \"$1\" && for d in *; do if [ ! -L \"$d\" ] && { [ -e \"$d/vmcore\" ] || [ -e \"$d/vmcore.flat\" ]; }; then " \
	"printf \"%s\\n\" \"$d\"; fi; done"
#define REMOVE \
	"cd \"$1/$2\" && { [ ! -e vmcore.flat ] || rm -f README.txt; } && " \
	"rm -f vmcore-dmesg.txt vmcore-dmesg.txt.incomplete vmcore.incomplete vmcore.flat.incomplete && " \
	"rm -f vmcore.flat vmcore && cd .. && { rmdir \"$2\" 2>/dev/null || :; }"

static const char readme[] = "vmcore.flat is a dump as a stream. To have it as a file that crash(8) and others read:\n"
			     "    vmcore-save --unflatten vmcore <vmcore.flat\n"
			     "or, with makedumpfile:\n"
			     "    makedumpfile -R vmcore <vmcore.flat";

/* For the shell over there. */
static const char *quote(struct arena *arena, const char *text)
{
	const char *quoted = "'";

	for (;;) {
		size_t plain = strcspn(text, "'");

		quoted = arena_printf(arena, "%s%.*s", quoted, (int)plain, text);
		text += plain;
		if (!*text)
			return arena_printf(arena, "%s'", quoted);
		quoted = arena_printf(arena, "%s'\\''", quoted);
		text++;
	}
}

const char *const *save_ssh_command(struct arena *arena, const struct conf *conf, const char *command)
{
	const struct conf_target *target = &conf->save.target;
	const char **words = arena_array(arena, 32, sizeof(*words));
	size_t count = 0;

	words[count++] = "ssh";
	words[count++] = "-oBatchMode=yes";
	words[count++] = "-oStrictHostKeyChecking=yes";
	words[count++] = "-oConnectTimeout=30";
	words[count++] = "-oServerAliveInterval=15";
	words[count++] = "-oServerAliveCountMax=4";
	words[count++] = "-oEscapeChar=none";
	if (*conf->save.ssh_known_hosts)
		/* Blanks stand between several files, outside of quotes (ssh_config(5)). */
		words[count++] = arena_printf(arena, "-oUserKnownHostsFile=\"%s\"", conf->save.ssh_known_hosts);
	if (*conf->save.ssh_key) {
		words[count++] = "-oIdentitiesOnly=yes";
		words[count++] = "-i";
		words[count++] = conf->save.ssh_key;
	}
	if (target->port)
		words[count++] = arena_printf(arena, "-p%u", target->port);
	words[count++] = "-l";
	words[count++] = target->user ? target->user : "root";
	words[count++] = "--";
	words[count++] = target->host;
	words[count++] = command;
	return words;
}

static const char *const *ssh(struct saving *saving, const char *script, const char *first, const char *second)
{
	struct arena *arena = saving->arena;

	return save_ssh_command(arena, saving->conf,
				arena_printf(arena, "sh -c %s sh %s %s", quote(arena, script), quote(arena, first),
					     second ? quote(arena, second) : ""));
}

static bool is_done(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool judge(int status, const char *what, struct err *err)
{
	if (is_done(status))
		return true;
	if (WIFSIGNALED(status))
		return err_set(err, ERR_SYSTEM, "%s: ssh was ended by signal %d", what, WTERMSIG(status));
	if (WEXITSTATUS(status) == SSH_FAILED)
		return err_set(err, ERR_SYSTEM,
			       "%s: ssh did not get through (its message is above). It needs a key without a passphrase that the "
			       "other side takes (SshKey=), and the other side's key (SshKnownHosts=)",
			       what);
	return err_set(err, ERR_SYSTEM, "%s: the command over there ended with exit code %d", what, WEXITSTATUS(status));
}

/* One command, with what it prints. The network may have hiccups: ssh that does not get through is tried again. */
static bool command(struct saving *saving, const char **output, const char *what, const char *script, const char *first,
		    const char *second, struct err *err)
{
	const char *const *words = ssh(saving, script, first, second);
	struct service_run run = { .arguments = words, .input = open("/dev/null", O_RDONLY | O_CLOEXEC), .output = -1,
				   .errors = -1, .seconds = COMMAND_SECONDS };
	bool done = false;

	for (int i = 0; i < TRIES; i++) {
		struct timespec pause = { .tv_sec = PAUSE_SECONDS };
		int status;

		if (i)
			nanosleep(&pause, NULL);
		save_step(saving, COMMAND_SECONDS, what);
		if (!service_run(&status, output, saving->arena, &run, err)) {
			err_prefix(err, "%s", what);
			break;
		}
		done = judge(status, what, err);
		if (done || *saving->root || !WIFEXITED(status) || WEXITSTATUS(status) != SSH_FAILED)
			break;
	}
	if (run.input >= 0)
		close(run.input);
	return done;
}

/* from | ssh. seconds: how long `from` may take; 0: any time. */
static bool stream(struct saving *saving, int *from_status, int *ssh_status, const char *const *from,
		   unsigned int seconds, const char *script, const char *folder, struct err *err)
{
	const char *const *to = ssh(saving, script, folder, NULL);
	int ends[2], ssh_pid;
	struct err second;
	bool done;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_system(err, errno, "cannot make a pipe to ssh");

	struct service_run writer = { .arguments = from, .input = -1, .output = ends[1], .errors = -1,
				      .seconds = seconds, .status = save_status(saving) };
	struct service_run reader = { .arguments = to, .input = ends[0], .output = -1, .errors = -1 };

	/* ssh first: if it cannot be started nothing has to be ended. */
	if (!service_start(&ssh_pid, saving->arena, &reader, err)) {
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	save_step(saving, seconds, seconds ? "sending the log" : "sending the dump");
	/* Only ssh has this end now: where it ends early, the writer sees that. */
	close(ends[0]);
	done = service_run(from_status, NULL, saving->arena, &writer, err);
	close(ends[1]);
	/* Over there it may be synced now, which nobody sees from here. */
	save_step(saving, COMMAND_SECONDS, "waiting for the other side to write what was sent");
	return service_wait(ssh_status, ssh_pid, to[0], done ? err : &second) && done;
}

static void send_log(struct saving *saving, const char *folder)
{
	const char *words[] = { save_program(saving->arena, "vmcore-dmesg"), saving->vmcore, NULL };
	int from, to;
	struct err err;
	bool done = stream(saving, &from, &to, words, SAVE_LOG_SECONDS, RECEIVE_LOG, folder, &err) &&
		    judge(to, "the kernel's log", &err);

	if (done && !is_done(from))
		done = err_set(&err, ERR_SYSTEM, "vmcore-dmesg failed: what it found stays as vmcore-dmesg.txt.incomplete");
	if (done && command(saving, NULL, "the kernel's log", FINISH_LOG, folder, NULL, &err))
		service_say("the kernel's log is in %s/vmcore-dmesg.txt", folder);
	else
		service_warning("the kernel's log is not saved (the dump has it too): %s", err.text);
}

static int partial(struct saving *saving, const char *folder)
{
	struct err err;

	if (!command(saving, NULL, "looking for what was saved", LOOK_FOR_PART, folder, NULL, &err))
		return SERVICE_FAILED;
	service_error("the dump is not whole; what there is, is in %s, under a name that ends in .incomplete", folder);
	return SERVICE_PARTIAL;
}

static int send_dump(struct saving *saving, const char *folder, bool unflatten)
{
	const char *name = unflatten ? "vmcore" : "vmcore.flat";
	int from, to, code;
	struct err err;

	if (!stream(saving, &from, &to, save_arguments(saving, "-"), 0, unflatten ? RECEIVE_UNFLATTEN : RECEIVE_PLAIN,
		    folder, &err)) {
		service_error("%s", err.text);
		return SERVICE_FAILED;
	}
	code = save_judge(from, "vmcore-save");
	if (!judge(to, "sending the dump", &err)) {
		service_error("%s", err.text);
		return partial(saving, folder);
	}
	if (code != SERVICE_DONE)
		return partial(saving, folder);
	if (!command(saving, NULL, "giving the dump its name", unflatten ? FINISH_UNFLATTEN : FINISH_PLAIN, folder,
		     unflatten ? NULL : readme, &err)) {
		service_error("%s", err.text);
		return partial(saving, folder);
	}
	service_say("saved %s/%s%s", folder, name,
		    unflatten ? "" : ", a stream; README.txt beside it says how it becomes a file");
	return SERVICE_DONE;
}

static const char *const *lines(struct arena *arena, const char *text, size_t *count)
{
	const char **all;
	size_t room = 1;

	for (const char *c = text; *c; c++)
		room += *c == '\n';
	all = arena_array(arena, room, sizeof(*all));
	*count = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");

		all[(*count)++] = arena_strndup(arena, text, length);
		text += length + (text[length] == '\n');
	}
	return all;
}

static void prune(struct saving *saving, const char *base)
{
	const char *const *names, *const *old;
	const char *output;
	size_t count;
	struct err err;

	/* Without a name, those that are there may be another machine's. */
	if (!saving->conf->save.keep || !saving->has_host)
		return;
	if (!command(saving, &output, "listing earlier dumps", LIST, base, NULL, &err)) {
		service_warning("%s", err.text);
		return;
	}
	names = lines(saving->arena, output, &count);
	old = place_old(saving->arena, names, count, saving->host, saving->name, saving->conf->save.keep);
	for (; *old; old++) {
		if (command(saving, NULL, "removing an old dump", REMOVE, base, *old, &err))
			service_say("removed the old dump %s/%s (Keep=)", base, *old);
		else
			service_warning("%s", err.text);
	}
}

int save_to_ssh(struct saving *saving)
{
	const struct conf_target *target = &saving->conf->save.target;
	const char *address, *output, *folder;
	struct err err;
	bool ipv6;
	int code;

	saving->name = place_name(saving->arena, saving->time, saving->host);
	folder = arena_printf(saving->arena, "%s/%s", target->path, saving->name);
	/* ssh may know names and ways that nobody else knows, so it has the last word. */
	if (!*saving->root &&
	    !save_wait_host(saving, target->port ? target->port : SSH_PORT, &address, &ipv6, &err))
		service_warning("%s; trying ssh all the same", err.text);
	if (!command(saving, &output, "preparing the other side", PREPARE, folder, NULL, &err)) {
		service_error("%s", err.text);
		return SERVICE_FAILED;
	}
	if (strncmp(output, "saved", strlen("saved")) == 0) {
		service_say("this dump is saved already: %s on %s", folder, target->host);
		return SERVICE_DONE;
	}
	service_say("saving to %s on %s", folder, target->host);
	if (saving->conf->save.dmesg)
		send_log(saving, folder);
	code = send_dump(saving, folder, strncmp(output, "unflatten", strlen("unflatten")) == 0);
	if (code == SERVICE_DONE)
		prune(saving, target->path);
	return code;
}
