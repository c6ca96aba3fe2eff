/* picture.c: pictures made anew by a program that can do nothing else; broken, huge, turned and disguised files. */
#include "child.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <turbojpeg.h>
#include <unistd.h>

static const struct picture_wish usual = {.side = 2048, .small = 640};

/* ---- what came out, seen by decoders of our own ---- */

static uint32_t colour_at(struct bytes data, double x, double y)
{
	const uint8_t *at = data.data;
	int width = 0, height = 0, sampling, colours;
	uint8_t *all;
	if (at[0] == 0xff) {
		tjhandle h = tjInitDecompress();
		assert_int_equal(
			tjDecompressHeader3(h, at, data.size, &width, &height, &sampling, &colours),
			0);
		all = malloc((size_t)width * (size_t)height * 4);
		assert_int_equal(
			tjDecompress2(h, at, data.size, all, width, 0, height, TJPF_RGBA, 0), 0);
		tjDestroy(h);
	} else {
		spng_ctx *png = spng_ctx_new(0);
		struct spng_ihdr head;
		spng_set_png_buffer(png, at, data.size);
		assert_int_equal(spng_get_ihdr(png, &head), 0);
		width = (int)head.width, height = (int)head.height;
		all = malloc((size_t)width * (size_t)height * 4);
		assert_int_equal(spng_decode_image(png, all, (size_t)width * (size_t)height * 4,
					 SPNG_FMT_RGBA8, SPNG_DECODE_TRNS),
			0);
		spng_ctx_free(png);
	}
	const uint8_t *p = all + ((size_t)(y * height) * (size_t)width + (size_t)(x * width)) * 4;
	uint32_t letter = p[3] < 128       ? '.'
		: p[0] > 180 && p[1] > 180 ? 'w'
		: p[0] > 180               ? 'r'
		: p[1] > 180               ? 'g'
		: p[2] > 180               ? 'b'
					   : 'k';
	free(all);
	return letter;
}

/* The colours of the four quarters, in the order of reading. */
static void expect_look(const struct picture_part *p, const char *quarters)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			colour_at(p->data, i % 2 ? 0.75 : 0.25, i / 2 ? 0.75 : 0.25), quarters[i]);
}

static void make(struct arena *arena, struct bytes file, struct picture *out)
{
	struct refusal why = {0};
	assert_int_equal(picture_make(arena, file, &usual, &why, out), OK);
}

static void expect_refused(struct arena *arena, struct bytes file, const char *text)
{
	struct refusal why = {0};
	struct picture out;
	assert_int_equal(picture_make(arena, file, &usual, &why, &out), ERR_INVALID);
	assert_string_equal(why.text, text);
}

#define BROKEN "This picture is broken."
#define LARGE "This picture is too large."
#define UNKNOWN "This is no picture we can read: choose a JPEG, PNG, WebP or GIF."

/* ---- kinds and sizes ---- */

static void every_kind_is_drawn_anew(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct bytes files[] = {sample_png(arena, 300, 200), sample_jpeg(arena, 300, 200, 0),
		sample_webp(arena, 300, 200), sample_gif(arena, 300, 200, 1)};
	static const char *const types[] = {"image/png", "image/jpeg", "image/jpeg", "image/png"};
	for (size_t i = 0; i < COUNT(files); i++) {
		struct picture p;
		make(arena, files[i], &p);
		assert_string_equal(p.whole.type, types[i]);
		assert_int_equal(p.whole.width, 300);
		assert_int_equal(p.whole.height, 200);
		assert_int_equal(p.small.width, 300); /* nothing is made larger */
		expect_look(&p.whole, "rbgg");
		expect_look(&p.small, "rbgg");
	}
}

static void large_ones_are_made_smaller(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct bytes files[] = {sample_png(arena, 3000, 1000), sample_jpeg(arena, 4096, 1365, 0),
		sample_webp(arena, 3000, 1000)};
	for (size_t i = 0; i < COUNT(files); i++) {
		struct picture p;
		make(arena, files[i], &p);
		assert_int_equal(p.whole.width, 2048);
		assert_in_range(p.whole.height, 681, 683);
		assert_int_equal(p.small.width, 640);
		assert_in_range(p.small.height, 212, 214);
		expect_look(&p.whole, "rbgg");
		expect_look(&p.small, "rbgg");
	}
	struct picture line;
	make(arena, sample_png(arena, 9000, 2), &line);
	assert_int_equal(line.whole.height, 1);
}

static void of_what_moves_the_first_frame_stays(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct picture p;
	make(arena, sample_gif(arena, 64, 64, 50), &p);
	expect_look(&p.whole, "rbgg");
	make(arena, sample_moving_webp(arena, 64, 64, 20), &p);
	expect_look(&p.whole, "rbgg");
}

static void it_stands_upright(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	static const char *const looks[] = {
		"rbgg", "brgg", "ggbr", "ggrb", "rgbg", "grgb", "gbgr", "bgrg"};
	for (int turn = 1; turn <= 8; turn++) {
		struct picture p;
		make(arena, sample_jpeg(arena, 600, 200, turn), &p);
		assert_int_equal(p.whole.width, turn >= 5 ? 200 : 600);
		assert_int_equal(p.whole.height, turn >= 5 ? 600 : 200);
		expect_look(&p.whole, looks[turn - 1]);
		expect_look(&p.small, looks[turn - 1]);
	}
}

static void metadata_is_gone(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct bytes file = sample_jpeg(arena, 300, 200, 6);
	struct picture p;
	assert_non_null(memmem(file.data, file.size, "SECRETPLACE", 11));
	make(arena, file, &p);
	assert_null(memmem(p.whole.data.data, p.whole.data.size, "SECRET", 6));
	assert_null(memmem(p.whole.data.data, p.whole.data.size, "Exif", 4));
	assert_null(memmem(p.small.data.data, p.small.data.size, "Exif", 4));
}

static void what_is_see_through_stays_so(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct picture p;
	make(arena, sample_clear_png(arena, 3000, 3000), &p);
	assert_string_equal(p.whole.type, "image/png");
	expect_look(&p.whole, ".b.g");
	expect_look(&p.small, ".b.g");
}

static void avatars_are_square(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	const struct picture_wish avatar = {.side = 400, .small = 96, .square = true};
	struct picture p;
	assert_int_equal(
		picture_make(arena, sample_jpeg(arena, 1200, 600, 6), &avatar, NULL, &p), OK);
	assert_int_equal(p.whole.width, 400);
	assert_int_equal(p.whole.height, 400);
	assert_int_equal(p.small.width, 96);
	assert_int_equal(p.small.height, 96);
	expect_look(&p.whole, "grgb");
}

static void a_blurhash_tells_the_colours(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct picture p;
	make(arena, sample_bomb_png(arena, 100), &p);
	assert_int_equal(p.colour, 0xffffff);
	/* 4 × 3 parts, no waves at all: white and nothing else (the last 83rds of "fQ" are the middle, 9 9 9) */
	assert_string_equal(p.blurhash, "L0TSUAfQfQfQfQfQfQfQfQfQfQfQ");
}

/* ---- what is no picture ---- */

static void disguised_files_are_refused(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	static const char *const others[] = {
		"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
		"<html><script>alert(1)</script></html>",
		"{\"@context\":\"https://www.w3.org/ns/activitystreams\"}", "%PDF-1.7", "GIF", "x",
		"push graphic-context\nviewbox 0 0 640 480\n", "BM6\3\0\0"};
	for (size_t i = 0; i < COUNT(others); i++)
		expect_refused(arena, (struct bytes){others[i], strlen(others[i])}, UNKNOWN);
	expect_refused(arena, (struct bytes){NULL, 0}, UNKNOWN);
	static const char png_start[] = "\x89PNG\r\n\x1a\n<svg onload=alert(1)>",
			  jpeg_start[] = "\xff\xd8\xff<script>",
			  gif_start[] = "GIF89a<?php system($_GET[0]); ?>",
			  webp_start[] = "RIFF\x20\0\0\0WEBPVP8 <script>alert(1)</script>";
	const struct bytes starts[] = {{png_start, sizeof png_start - 1},
		{jpeg_start, sizeof jpeg_start - 1}, {gif_start, sizeof gif_start - 1},
		{webp_start, sizeof webp_start - 1}};
	expect_refused(arena, starts[0], BROKEN);
	expect_refused(arena, starts[1], BROKEN);
	expect_refused(arena, starts[2], LARGE); /* its letters say so */
	expect_refused(arena, starts[3], BROKEN);
	/* A picture with a page behind it is a picture: what is behind is gone. */
	struct bytes png = sample_png(arena, 40, 40);
	char *both = arena_alloc(arena, png.size + 40);
	memcpy(both, png.data, png.size);
	memcpy(both + png.size, "<script>alert('polyglot')</script>", 34);
	struct picture p;
	make(arena, (struct bytes){both, png.size + 34}, &p);
	assert_null(memmem(p.whole.data.data, p.whole.data.size, "polyglot", 8));
}

static void bombs_are_refused_by_their_header(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	int64_t began = time_steady();
	expect_refused(arena, sample_huge_png(arena, 50000, 50000), LARGE);
	expect_refused(arena, sample_huge_png(arena, 16000, 2501), LARGE);
	expect_refused(arena, sample_huge_png(arena, 1, 16001), LARGE);
	expect_refused(arena, sample_huge_png(arena, 0x7fffffff, 0x7fffffff), LARGE);
	struct bytes gif = sample_gif(arena, 8, 8, 1);
	uint8_t *wide = arena_copy(arena, gif.data, gif.size);
	wide[6] = wide[7] = wide[8] = wide[9] = 0xff;
	expect_refused(arena, (struct bytes){wide, gif.size}, LARGE);
	assert_true(time_steady() - began < 5 * SECOND);
	char *much = arena_alloc(arena, PICTURE_FILE_MOST + 1);
	expect_refused(arena, (struct bytes){much, PICTURE_FILE_MOST + 1}, LARGE);
	/* As large as is allowed, and blank: it fits in the memory there is. */
	struct picture p;
	make(arena, sample_bomb_png(arena, 6300), &p);
	assert_int_equal(p.whole.width, 2048);
}

/* Cut and bent in a thousand places: an answer each time, and never one that is no picture. */
static void broken_files_harm_nobody(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct bytes files[] = {sample_png(arena, 60, 40), sample_jpeg(arena, 60, 40, 6),
		sample_webp(arena, 60, 40), sample_moving_webp(arena, 60, 40, 3),
		sample_gif(arena, 60, 40, 3)};
	unsigned seed = 4242, made = 0, refused = 0;
	for (size_t i = 0; i < COUNT(files); i++)
		for (int round = 0; round < 60; round++) {
			ARENA_CLEANUP struct arena *own = arena_create();
			uint8_t *bent = arena_copy(own, files[i].data, files[i].size);
			size_t size = files[i].size;
			for (int k = 0; k < 1 + round / 10; k++) {
				seed = seed * 1103515245 + 12345;
				bent[(seed >> 8) % size] = (uint8_t)(seed >> 16);
			}
			if (round % 3 == 0)
				size = (seed >> 8) % size + 1;
			struct picture p;
			enum err e = picture_make(
				own, (struct bytes){bent, size}, &usual, NULL, &p);
			assert_true(e == OK || e == ERR_INVALID);
			made += e == OK;
			refused += e != OK;
		}
	assert_true(made > 10);
	assert_true(refused > 50);
}

/* ---- it can do nothing else ---- */

/* Where the programs built beside this test stand. */
static const char *beside(const char *name)
{
	static char program[4096];
	ssize_t size = readlink("/proc/self/exe", program, sizeof program - 64);
	assert_true(size > 0);
	program[size] = '\0';
	assert_true(text_print(strrchr(program, '/') + 1, 64, "%s", name));
	return program;
}

static int end_of(int what)
{
	const char *program = beside("picture-attempt");
	char number[8];
	int status;
	assert_true(text_print(number, sizeof number, "%d", what));
	pid_t pid = fork();
	if (pid == 0) {
		execl(program, program, number, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void it_can_open_nothing(void **state)
{
	(void)state;
	static const char *const forbidden[] = {"read a file", "write one", "a socket",
		"a local one", "fork", "run a program", "signal its parent", "trace",
		"run what it wrote", "write elsewhere"};
	(void)unlink("/tmp/kring-picture-was-here");
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		int status = end_of((int)i);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("it may %s: %x", forbidden[i], status);
	}
	assert_int_equal(access("/tmp/kring-picture-was-here", F_OK), -1);
	for (size_t i = COUNT(forbidden); i < COUNT(forbidden) + 2; i++) {
		int status = end_of((int)i);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
	}
}

static void expect_line(const char *all, const char *line)
{
	if (strstr(all, line) == NULL)
		fail_msg("no \"%s\" in:\n%s", line, all);
}

/* The program itself, caught while it waits for its file. */
static void the_program_is_confined_before_it_reads(void **state)
{
	(void)state;
	const char *program = beside("kring-picture");
	char path[64], all[8192];
	int in[2];
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(open("/dev/null", O_WRONLY),
			STDOUT_FILENO); /* its answer is no line of a test */
		execl(program, program, "2048", "640", "0", (char *)NULL);
		_exit(99);
	}
	assert_true(text_print(path, sizeof path, "/proc/%d/status", pid));
	bool confined = false;
	for (int i = 0; i < 400 && !confined; i++) {
		int fd = open(path, O_RDONLY);
		assert_true(fd >= 0);
		ssize_t size = read(fd, all, sizeof all - 1);
		close(fd);
		assert_true(size > 0);
		all[size] = '\0';
		confined = strstr(all, "Seccomp:\t2") != NULL;
		usleep(5000);
	}
	expect_line(all, "Seccomp:\t2");
	expect_line(all, "NoNewPrivs:\t1");
	close(in[0]);
	close(in[1]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
}

int main(void)
{
	log_open(LOG_ERROR, STDERR_FILENO); /* files that kill it are told of */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_drawn_anew),
		cmocka_unit_test(large_ones_are_made_smaller),
		cmocka_unit_test(of_what_moves_the_first_frame_stays),
		cmocka_unit_test(it_stands_upright),
		cmocka_unit_test(metadata_is_gone),
		cmocka_unit_test(what_is_see_through_stays_so),
		cmocka_unit_test(avatars_are_square),
		cmocka_unit_test(a_blurhash_tells_the_colours),
		cmocka_unit_test(disguised_files_are_refused),
		cmocka_unit_test(bombs_are_refused_by_their_header),
		cmocka_unit_test(broken_files_harm_nobody),
		cmocka_unit_test(it_can_open_nothing),
		cmocka_unit_test(the_program_is_confined_before_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
