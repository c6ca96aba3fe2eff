/* memberfile.c: commands about the member file: compared, written, undone, and the roll as a file. */
#include "command.h"
#include "memberfile.h"
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct doer console = {0};

static bool is_absolute(struct command_call *c, const char *file)
{
	if (file[0] == '/')
		return true;
	command_misused(c, "name the file before the options.");
	return false;
}

static int read_file(struct command_call *c, const char *file, struct bytes *out)
{
	struct text t;
	char piece[16384];
	ssize_t n = 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return command_failed(c, "%s: %s.", file, strerror(errno));
	text_init(&t, c->arena, CSV_BYTES + 1);
	while (!t.failed && (n = TEMP_FAILURE_RETRY(read(fd, piece, sizeof piece))) > 0)
		text_add_n(&t, piece, (size_t)n);
	int error = errno;
	close(fd);
	if (n < 0)
		return command_failed(c, "%s: %s.", file, strerror(error));
	if (t.failed)
		return command_failed(c, "A member file has at most 8 MB.");
	*out = (struct bytes){t.at, t.size};
	return 0;
}

static void tell_columns(struct command_call *c, const struct plan *plan)
{
	const struct csv_row *names = &plan->csv.rows[0];
	for (size_t i = 0; i < names->count; i++)
		text_format(&c->out, "column %zu, %s: %s\n", i + 1, names->cells[i],
			plan->columns[i] != COLUMN_NONE ? column_words(plan->columns[i])
							: "left out");
}

static void tell_plan(struct command_call *c, const struct plan *plan, bool gone)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->rows[i].kind == PLAN_DOUBTFUL)
			text_format(&c->out, "row %zu: %s\n", plan->rows[i].number,
				plan->rows[i].doubt);
	text_format(&c->out, "new=%zu changed=%zu gone=%zu doubtful=%zu same=%zu\n",
		plan->counts[PLAN_NEW], plan->counts[PLAN_CHANGED], plan->counts[PLAN_GONE],
		plan->counts[PLAN_DOUBTFUL], plan->counts[PLAN_SAME]);
	if (plan->counts[PLAN_DOUBTFUL] > 0)
		text_add(&c->out, "Nothing is done with doubtful rows.\n");
	if (plan->counts[PLAN_GONE] > 0 && !gone)
		text_add(&c->out,
			"Who is on the roll and not in the file stays a member; --gone ends that today.\n");
}

static int apply(struct command_call *c, const struct plan *plan, bool gone)
{
	struct import done;
	enum err e = memberfile_apply(&c->node->site, &console, plan, gone, NULL, &done);
	text_format(&c->out, "Written: new=%u changed=%u ended=%u skipped=%u\n", done.added,
		done.changed, done.ended, done.skipped);
	if (e != OK)
		return command_failed(c, "%s Import the file again for the rest.", err_message(e));
	text_add(&c->out, "`kring member undo` takes all of it back, for 7 days.\n");
	return 0;
}

int member_import(struct command_call *c)
{
	const char *file;
	bool write = false, gone = false, dry = false;
	struct bytes bytes = {0};
	struct refusal why = {0};
	struct plan plan;
	size_t row;
	const struct command_option options[] = {
		{"--apply", NULL, &write}, {"--dry-run", NULL, &dry}, {"--gone", NULL, &gone}};
	if (!command_words(c, &file, 1, options, COUNT(options)) || !is_absolute(c, file))
		return 2;
	if (write && dry)
		return command_misused(c, "--apply or --dry-run, not both.");
	int code = read_file(c, file, &bytes);
	if (code != 0)
		return code;
	enum err e = memberfile_plan(c->arena, &c->node->site, bytes, &why, &row, &plan);
	if (e == ERR_INVALID && row > 0)
		return command_failed(c, "row %zu: %s", row, why.text);
	if (e != OK)
		return command_failed(c, "%s", e == ERR_INVALID ? why.text : err_message(e));
	tell_columns(c, &plan);
	if (!plan_has_key(&plan))
		return command_failed(
			c, "No column holds the member number or the e-mail address.");
	tell_plan(c, &plan, gone);
	if (write)
		return apply(c, &plan, gone);
	text_add(&c->out, "Nothing is written yet; --apply does.\n");
	return 0;
}

int member_export(struct command_call *c)
{
	const char *file, *why = NULL;
	struct bytes bytes;
	size_t people;
	if (!command_words(c, &file, 1, NULL, 0) || !is_absolute(c, file))
		return 2;
	enum err e = memberfile_export(
		c->arena, &c->node->site, &console, c->node->site.language, &bytes, &people);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	if (private_write(c->arena, file, bytes, &why) != OK)
		return command_failed(c, "%s", why);
	text_format(
		&c->out, "%zu people stand in %s now. Delete it once it is used.\n", people, file);
	return 0;
}

int member_undo(struct command_call *c)
{
	struct import import;
	size_t left;
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	enum err e = memberfile_undo(&c->node->site, &console, NULL, &import, &left);
	if (e == ERR_NOT_FOUND)
		return command_failed(c, "There is no import of the last 7 days.");
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	text_format(&c->out,
		"Taken back: new=%u changed=%u ended=%u; changed since, and left=%zu\n",
		import.added, import.changed, import.ended, left);
	return 0;
}
