/* media.h: pictures, films, documents (media.c), and how they come in forms (upload.c). */
#pragma once

#include "features.h"

#define MEDIA_SLOTS 4       /* of one post */
#define MEDIA_ALT_MOST 1500 /* code points */
#define MEDIA_FILE_MOST ((size_t)16 << 20) /* of a film or a document; pictures: PICTURE_FILE_MOST */
#define MEDIA_FORM_MOST ((size_t)24 << 20) /* of a whole form */
enum media_use { MEDIA_LOOSE, MEDIA_POST, MEDIA_ICON, MEDIA_IMAGE, MEDIA_SHELF /* a version of a file, library.c */ };
struct media {
	uint64_t id, owner; /* owner 0: of another node */
	uint64_t post;
	uint32_t use;
	const char *type;   /* by its content */
	const char *file, *small; /* blob.c's names; small NULL: no thumbnail. file NULL: it could not be had */
	const char *small_type;
	uint64_t size;      /* bytes of both */
	uint32_t width, height, small_width, small_height, colour;
	const char *blurhash, *alt;
	const char *name;   /* what its sender called the file */
	int64_t focus_x, focus_y; /* as in struct attachment */
	const char *url;    /* of another node */
	int64_t at;
};
extern const struct shape media_shape;
/* New, and loose for a day: until a post or profile takes it. With a url: kept for two weeks. Sets id. */
enum err media_keep(struct txn *, struct media *) MUST_USE; /* ERR_TOO_MUCH: over its owner's quota */
enum err media_load(struct txn *, uint64_t id, struct media *) MUST_USE;
enum err media_save(struct txn *, const struct media *) MUST_USE;
#define MEDIA_QUOTA ((int64_t)512 << 20) /* bytes of all files of one owner */
enum err media_bytes(struct txn *, uint64_t owner, int64_t *now) MUST_USE;
enum err media_hold(struct txn *, uint64_t id, bool on) MUST_USE; /* what is loose is not swept while it is held */
enum err media_remove(struct txn *, uint64_t id) MUST_USE; /* the files go by the sweep, minutes later */
bool media_is_free(const struct media *, uint64_t owner, uint64_t post); /* its owner's, and not placed elsewhere */
/* Loose before; who calls it saw that media_is_free. */
enum err media_place(struct txn *, struct media *, enum media_use, uint64_t post) MUST_USE;
struct attachment media_attachment(struct txn *, const struct media *);
/* The attachments of a post by `owner`, from their records. */
enum err media_attachments(struct txn *, uint64_t owner, uint64_t post, const struct u64s *ids, struct extra *out) MUST_USE;
/* A post's extra changed: what is new in it is taken, what is no longer there goes. */
enum err media_follow(struct txn *, const struct post *, struct bytes before, struct bytes after) MUST_USE;
/* A picture that is a face, in place of the one whose id and address these are; id 0: none. The caller saves them. */
enum err media_face_set(struct txn *, uint64_t *now, const char **url, uint64_t owner, enum media_use, uint64_t id,
	uint64_t sender) MUST_USE;
/* The icon or image of a local actor, in place of the one it had; id 0: none. The caller saves *a. */
enum err media_portrait(struct txn *, struct actor *a, enum media_use, uint64_t id, uint64_t sender) MUST_USE;
const char *media_path(struct arena *, const struct media *, bool small); /* "/media/<id>/whole.jpg" */
const char *media_extension(const char *type); /* "docx"; "bin" for what is not kept here */
const char *media_type(const char *extension); /* the other way round, or NULL */
bool media_is_picture(const struct attachment *);
bool media_is_film(const struct attachment *);
bool media_is_sound(const struct attachment *);
void media_show(struct txn *, struct view *, const struct post *, const struct extra *); /* "media", "has_media" */
enum err media_serve(struct call *, const struct media *, bool small, bool open) MUST_USE;
/* What is kept of another node's file. ERR_REMOTE: it could not be had, not long ago; ERR_NOT_FOUND: it is to be fetched. */
enum err media_cached(struct txn *, const char *url, struct media *out) MUST_USE;
enum err media_forget(struct txn *, const char *url) MUST_USE;
void media_sweep(struct store *, void *arg); /* the chore: what is loose, too old or named by no record */
struct picture_wish;
/* A picture's bytes into files and the members of *m that tell of them; waits. */
enum err media_draw(struct arena *, const char *blobs, struct bytes file, const struct picture_wish *, struct refusal *,
	struct media *m) MUST_USE;
/* A film's or sound's bytes, likewise, as they are. ERR_INVALID: by them it is neither. */
enum err media_pass(struct arena *, const char *blobs, struct bytes file, struct media *m) MUST_USE;
enum err media_prepare(struct call *) MUST_USE; /* a route's `prepare`: the files of its form, made anew and kept loose */
/* Those of a post's form, new ones and ones kept in it, with what is said of them. */
enum err media_take(struct call *, struct txn *, uint64_t post, struct u64s *out) MUST_USE;
bool media_is_slot(const char *input); /* says which file a post has */
/* The file in the i-th slot of a post's form, 0: none; *input: the name it is kept by. */
uint64_t media_slot(const struct call *, size_t i, const char **input);
uint64_t media_face(const struct call *, enum media_use, bool *drop); /* 0: none was chosen */
uint64_t media_file(const struct call *); /* a document for the library, of the input "file"; 0: none was chosen */
void media_file_show(struct call *, struct txn *, struct view *); /* parts/file-field.html */
void media_form_show(struct call *, struct txn *, struct view *, const struct post *); /* parts/media-fields.html; post NULL: new */
