/*
 * child.c: kring-picture: one picture from standard input, two smaller ones to standard output.
 * usage: kring-picture SIDE SMALL SQUARE
 */
#include "child.h"

#include <stdlib.h>
#include <unistd.h>

static bool read_file(uint8_t **file, size_t *size)
{
	*file = malloc(PICTURE_FILE_MOST + 1);
	for (*size = 0; *file != NULL && *size <= PICTURE_FILE_MOST;) {
		ssize_t n = read(STDIN_FILENO, *file + *size, PICTURE_FILE_MOST + 1 - *size);
		if (n <= 0)
			return n == 0;
		*size += (size_t)n;
	}
	return false;
}

static bool write_all(const void *data, size_t size)
{
	for (const uint8_t *at = data; size > 0;) {
		ssize_t n = write(STDOUT_FILENO, at, size);
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

/* One of the two pictures: scaled, turned, encoded. */
static bool make_part(const struct canvas *from, int side, struct canvas *canvas,
	struct coded *coded, struct answer_part *part)
{
	if (!draw_scaled(from, side, canvas) || !draw_turned(canvas) || !draw_encode(canvas, coded))
		return false;
	*part = (struct answer_part){coded->type, (uint32_t)canvas->width, (uint32_t)canvas->height,
		(uint32_t)coded->size};
	return true;
}

static enum outcome make(const struct picture_wish *w, struct answer_head *head,
	struct coded *whole, struct coded *small)
{
	uint8_t *file;
	size_t size;
	struct canvas canvas, scaled, tiny, dot;
	if (!read_file(&file, &size))
		return PICTURE_LARGE;
	enum outcome o = decode(file, size, w, &canvas);
	free(file);
	if (o != PICTURE_MADE)
		return o;
	if ((w->square && !draw_square(&canvas))
		|| !make_part(&canvas, w->side, &scaled, whole, &head->whole))
		return PICTURE_BROKEN;
	free(canvas.at);
	scaled.turn = 1; /* it stands upright by now */
	if (!make_part(&scaled, w->small, &tiny, small, &head->small)
		|| !draw_scaled(&tiny, 48, &dot))
		return PICTURE_BROKEN;
	blurhash_write(&dot, head->blurhash, &head->colour);
	return PICTURE_MADE;
}

int main(int argc, char **argv)
{
	struct answer_head head = {.magic = ANSWER_MAGIC};
	struct coded whole = {0}, small = {0};
	if (argc != 4 || !confine())
		return 2;
	const struct picture_wish w = {
		(int)strtol(argv[1], NULL, 10), (int)strtol(argv[2], NULL, 10), argv[3][0] == '1'};
	if (w.side < 1 || w.side > PICTURE_SIDE_MOST || w.small < 1 || w.small > w.side)
		return 2;
	head.outcome = make(&w, &head, &whole, &small);
	if (head.outcome != PICTURE_MADE)
		head = (struct answer_head){.magic = ANSWER_MAGIC, .outcome = head.outcome};
	bool sent = write_all(&head, sizeof head);
	if (sent && head.outcome == PICTURE_MADE)
		sent = write_all(whole.at, whole.size) && write_all(small.at, small.size);
	_exit(sent ? 0 : 1); /* no handlers, no flushing: nothing else is allowed */
}
