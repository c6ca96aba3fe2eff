/* qr.c: a text as a picture that a telephone reads: the only file with libqrencode. */
#include "base.h"

#include <qrencode.h>

#define QUIET 4 /* modules of margin that readers need */
#define TEXT_MOST 1000

char *qr_svg(struct arena *arena, const char *s, const char *label)
{
	struct text t;
	QRcode *code = text_count(s) <= TEXT_MOST
		? QRcode_encodeString(s, 0, QR_ECLEVEL_M, QR_MODE_8, 1)
		: NULL;
	if (code == NULL)
		return NULL;
	int side = code->width + 2 * QUIET;
	text_init(&t, arena, (size_t)256 << 10);
	text_format(&t, "<svg class=\"qr\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", side,
		side);
	text_html(&t, label);
	text_format(&t, "\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
		side, side);
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (code->data[y * code->width + x] & 1)
				text_format(&t, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
	text_add(&t, "\"/></svg>");
	QRcode_free(code);
	return t.failed ? NULL : t.at;
}
