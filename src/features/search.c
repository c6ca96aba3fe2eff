/*
 * search.c: the index that is searched: words of posts, people and communities in SQLite's FTS5; the only file that
 * calls sqlite3.
 *
 * Words are folded by unicode61 (no capitals, no accents). Beside each word stands its stem in the language of the text,
 * marked with a capital, which no folded word has. A question looks for the word and for its stem in each language.
 */
#include "search.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION 2 /* of the tables, the words and the stems: another one is begun anew */
#define READERS 4
#define TIME_MOST 300     /* ms of one question */
#define STEPS_BETWEEN 500 /* of SQLite's machine, between two looks at the clock */
#define RANKED_MOST 1000
#define SNIPPET_WORDS 32
#define TEXT_MOST ((size_t)50 << 10) /* bytes of one entry */
#define WORD_MOST 64                 /* bytes of a word that is stemmed */
#define MARK_ON '\2'
#define MARK_OFF '\3'

static const char schema[] =
	"CREATE TABLE state(one INTEGER PRIMARY KEY CHECK(one = 1), line INTEGER, cursor INTEGER, stage INTEGER);"
	"INSERT INTO state VALUES(1, 0, 0, 0);"
	"CREATE TABLE entry(id INTEGER PRIMARY KEY, kind INTEGER, reach INTEGER, owner INTEGER, circle INTEGER,"
	" community INTEGER);"
	"CREATE TABLE mark(actor INTEGER PRIMARY KEY, mark INTEGER);"
	"CREATE TABLE todo(author INTEGER PRIMARY KEY, cursor INTEGER);"
	"CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize = 'kring', prefix = '2 3');";

enum statement {
	PUT_ENTRY,
	PUT_WORDS,
	DROP_ENTRY,
	DROP_WORDS,
	SET_STATE,
	GET_MARK,
	SET_MARK,
	PUT_TODO,
	DROP_TODO,
	GET_TODO,
	STATEMENTS
};
static const char *const sql[STATEMENTS] = {
	[PUT_ENTRY] = "INSERT INTO entry VALUES(?, ?, ?, ?, ?, ?)",
	[PUT_WORDS] = "INSERT INTO words(rowid, title, body) VALUES(?, ?, ?)",
	[DROP_ENTRY] = "DELETE FROM entry WHERE id = ?",
	[DROP_WORDS] = "DELETE FROM words WHERE rowid = ?",
	[SET_STATE] = "UPDATE state SET line = ?, cursor = ?, stage = ?",
	[GET_MARK] = "SELECT mark FROM mark WHERE actor = ?",
	[SET_MARK] = "INSERT OR REPLACE INTO mark VALUES(?, ?)",
	[PUT_TODO] = "INSERT OR REPLACE INTO todo VALUES(?, ?)",
	[DROP_TODO] = "DELETE FROM todo WHERE author = ?",
	[GET_TODO] = "SELECT author, cursor FROM todo LIMIT 1",
};

struct reader {
	sqlite3 *db;
	sqlite3_stmt *find, *quote;
	bool taken;
	const struct index_query *query; /* that runs */
	int64_t until;
};
struct index {
	const char *path;
	struct arena *arena;
	sqlite3 *db; /* the writer's */
	sqlite3_stmt *statements[STATEMENTS];
	int code;     /* the first failure since index_begin */
	bool dropped; /* words were, since the last tidying began */
	struct index_state state;
	atomic_bool broken;
	pthread_mutex_t lock; /* over who has which reader */
	pthread_cond_t left;
	struct reader readers[READERS];
};

/* ---- words ----------------------------------------------------------------------------------- */

static const char *const languages[] = {"nl", "en"};
static const char stem_signs[] = "NE";
#define LANGUAGES COUNT(languages)
/* A kept text begins with its language, so that it is cut into the same words whenever that is done again. */
#define MARK_SIZE 3
#define MARK_SIGN '\1'

struct cutter {
	fts5_tokenizer base;
	Fts5Tokenizer *inner;
	struct stemmer *stemmers[LANGUAGES];
};
struct cut {
	struct cutter *cutter;
	void *arg;
	int (*token)(void *, int, const char *, int, int, int);
	const char *language; /* NULL: a question, in any */
	int skipped;
};

static int cut_token(void *arg, int flags, const char *word, int size, int start, int end)
{
	struct cut *c = arg;
	start += c->skipped;
	end += c->skipped;
	int code = c->token(c->arg, flags, word, size, start, end);
	for (size_t i = 0; code == SQLITE_OK && i < LANGUAGES && size <= WORD_MOST; i++) {
		if (c->language != NULL && strncmp(c->language, languages[i], 2) != 0)
			continue;
		struct bytes stem = stemmer_word(c->cutter->stemmers[i], word, (size_t)size);
		char marked[WORD_MOST + 8];
		if (stem.size == 0 || stem.size >= sizeof marked)
			continue;
		marked[0] = stem_signs[i];
		memcpy(marked + 1, stem.data, stem.size);
		code = c->token(
			c->arg, FTS5_TOKEN_COLOCATED, marked, (int)stem.size + 1, start, end);
	}
	return code;
}

static int cut_text(Fts5Tokenizer *me, void *arg, int flags, const char *text, int size,
	int (*token)(void *, int, const char *, int, int, int))
{
	struct cut c = {.cutter = (struct cutter *)(void *)me, .arg = arg, .token = token};
	bool question = (flags & FTS5_TOKENIZE_QUERY) != 0;
	if (!question && size >= MARK_SIZE && text[0] == MARK_SIGN) {
		c.language = text + 1;
		c.skipped = MARK_SIZE;
	}
	return c.cutter->base.xTokenize(
		c.cutter->inner, &c, flags, text + c.skipped, size - c.skipped, cut_token);
}

static void cut_end(Fts5Tokenizer *me)
{
	struct cutter *c = (struct cutter *)(void *)me;
	for (size_t i = 0; i < LANGUAGES; i++)
		stemmer_destroy(c->stemmers[i]);
	if (c->inner != NULL)
		c->base.xDelete(c->inner);
	free(c);
}

static int cut_begin(void *arg, const char **words, int count, Fts5Tokenizer **out)
{
	(void)words, (void)count;
	fts5_api *api = arg;
	static const char *folding[] = {"remove_diacritics", "2"};
	void *own = NULL;
	struct cutter *c = calloc(1, sizeof *c);
	if (c == NULL)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < LANGUAGES; i++)
		c->stemmers[i] = stemmer_create(languages[i]);
	int code = api->xFindTokenizer(api, "unicode61", &own, &c->base);
	if (code == SQLITE_OK)
		code = c->base.xCreate(own, folding, 2, &c->inner);
	if (code != SQLITE_OK) {
		c->inner = NULL;
		cut_end((Fts5Tokenizer *)(void *)c);
		return code;
	}
	*out = (Fts5Tokenizer *)(void *)c;
	return SQLITE_OK;
}

static int add_cutter(sqlite3 *db)
{
	fts5_api *api = NULL;
	sqlite3_stmt *s;
	fts5_tokenizer cutter = {cut_begin, cut_end, cut_text};
	int code = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &s, NULL);
	if (code != SQLITE_OK)
		return code;
	sqlite3_bind_pointer(s, 1, (void *)&api, "fts5_api_ptr", NULL);
	sqlite3_step(s);
	code = sqlite3_finalize(s);
	if (code != SQLITE_OK || api == NULL)
		return SQLITE_ERROR;
	return api->xCreateTokenizer(api, "kring", api, &cutter, NULL);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int run(sqlite3 *db, const char *words)
{
	return sqlite3_exec(db, words, NULL, NULL, NULL);
}

static int open_one(const char *path, int flags, sqlite3 **out)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (code == SQLITE_OK)
		code = add_cutter(db);
	if (code == SQLITE_OK)
		sqlite3_busy_timeout(db, 5000);
	if (code == SQLITE_OK)
		code = run(db, "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;");
	if (code == SQLITE_OK)
		*out = db;
	else
		sqlite3_close(db);
	return code;
}

static int64_t number_of(sqlite3 *db, const char *words)
{
	sqlite3_stmt *s = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(db, words, -1, &s, NULL) == SQLITE_OK
		&& sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void may_find(sqlite3_context *c, int count, sqlite3_value **values)
{
	(void)count;
	const struct index_query *q = ((struct reader *)sqlite3_user_data(c))->query;
	uint64_t circle = (uint64_t)sqlite3_value_int64(values[1]),
		 owner = (uint64_t)sqlite3_value_int64(values[2]);
	int reach = sqlite3_value_int(values[0]);
	bool may = q->who != 0 && (owner == q->who || reach == REACH_SIGNED_IN);
	size_t low = 0, high = q->who != 0 && q->circles != NULL ? q->circles->count : 0;
	while (!may && reach == REACH_CIRCLE && low < high) {
		size_t middle = low + (high - low) / 2;
		may = q->circles->at[middle] == circle;
		if (q->circles->at[middle] < circle)
			low = middle + 1;
		else
			high = middle;
	}
	sqlite3_result_int(c, may);
}

static int over_time(void *arg)
{
	const struct reader *r = arg;
	return time_steady() > r->until;
}

static int open_reader(const char *path, struct reader *r)
{
	int code = open_one(path, SQLITE_OPEN_READWRITE, &r->db);
	if (code == SQLITE_OK)
		code = run(r->db, "PRAGMA query_only = ON;");
	if (code == SQLITE_OK)
		code = sqlite3_create_function(
			r->db, "may_find", 3, SQLITE_UTF8, r, may_find, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(r->db,
			"SELECT id FROM (SELECT words.rowid AS id, bm25(words, 4.0, 1.0) AS score"
			" FROM words CROSS JOIN entry ON entry.id = words.rowid"
			" WHERE words MATCH ?1 AND kind = ?2 AND (?3 = 0 OR community = ?3)"
			" AND (reach = 0 OR may_find(reach, circle, owner))"
			" ORDER BY words.rowid DESC LIMIT ?4)"
			" ORDER BY score, id DESC LIMIT ?5 OFFSET ?6",
			-1, &r->find, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(r->db,
			"SELECT highlight(words, 0, char(2), char(3)),"
			" snippet(words, 1, char(2), char(3), '…', ?3)"
			" FROM words WHERE words MATCH ?1 AND rowid = ?2",
			-1, &r->quote, NULL);
	if (code == SQLITE_OK)
		sqlite3_progress_handler(r->db, STEPS_BETWEEN, over_time, r);
	return code;
}

static int make_tables(sqlite3 *db)
{
	char version[64];
	if (!text_print(version, sizeof version, "PRAGMA user_version = %d; COMMIT;", VERSION))
		return SQLITE_ERROR;
	int code = run(db, "BEGIN");
	if (code == SQLITE_OK)
		code = run(db, schema);
	return code == SQLITE_OK ? run(db, version) : code;
}

static int open_writer(struct index *ix)
{
	int code = open_one(ix->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &ix->db);
	if (code == SQLITE_OK)
		code = run(ix->db,
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
			"PRAGMA journal_size_limit = 16777216;");
	if (code == SQLITE_OK && number_of(ix->db, "PRAGMA user_version") == 0)
		code = make_tables(ix->db);
	if (code == SQLITE_OK && number_of(ix->db, "PRAGMA user_version") != VERSION)
		code = SQLITE_NOTADB;
	for (size_t i = 0; code == SQLITE_OK && i < STATEMENTS; i++)
		code = sqlite3_prepare_v2(ix->db, sql[i], -1, &ix->statements[i], NULL);
	if (code == SQLITE_OK)
		ix->state = (struct index_state){
			.line = (uint64_t)number_of(ix->db, "SELECT line FROM state"),
			.cursor = (uint64_t)number_of(ix->db, "SELECT cursor FROM state"),
			.stage = (uint32_t)number_of(ix->db, "SELECT stage FROM state")};
	return code == SQLITE_OK && ix->state.stage > STAGE_READY ? SQLITE_CORRUPT : code;
}

static void close_all(struct index *ix)
{
	for (size_t i = 0; i < READERS; i++) {
		sqlite3_finalize(ix->readers[i].find);
		sqlite3_finalize(ix->readers[i].quote);
		sqlite3_close(ix->readers[i].db);
		ix->readers[i] = (struct reader){.taken = ix->readers[i].taken};
	}
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(ix->statements[i]);
		ix->statements[i] = NULL;
	}
	sqlite3_close(ix->db);
	ix->db = NULL;
}

/* The file is ours alone, whatever the mask: it holds what was said in closed circles. */
static int open_all(struct index *ix)
{
	int fd = open(ix->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return SQLITE_CANTOPEN;
	close(fd);
	int code = open_writer(ix);
	for (size_t i = 0; code == SQLITE_OK && i < READERS; i++)
		code = open_reader(ix->path, &ix->readers[i]);
	if (code != SQLITE_OK)
		close_all(ix);
	return code;
}

void search_file_forget(const char *path)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	for (size_t i = 0; i < COUNT(endings); i++)
		unlink(arena_format(arena, "%s%s", path, endings[i]));
}

static enum err open_or_begin(struct index *ix)
{
	int code = open_all(ix);
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR) {
		log_line(LOG_WARN, "search", "index=anew why=\"%s\"", sqlite3_errstr(code));
		search_file_forget(ix->path);
		code = open_all(ix);
	}
	if (code != SQLITE_OK)
		log_line(LOG_ERROR, "search", "index=closed why=\"%s\"", sqlite3_errstr(code));
	return code == SQLITE_OK ? OK : ERR_STORE;
}

enum err index_open(const char *path, struct index **out)
{
	struct arena *arena = arena_create();
	struct index *ix = arena_alloc(arena, sizeof *ix);
	ix->arena = arena;
	ix->path = arena_text(arena, path);
	pthread_mutex_init(&ix->lock, NULL);
	pthread_cond_init(&ix->left, NULL);
	enum err e = open_or_begin(ix);
	if (e == OK)
		*out = ix;
	else
		index_close(ix);
	return e;
}

void index_close(struct index *ix)
{
	if (ix == NULL)
		return;
	close_all(ix);
	pthread_cond_destroy(&ix->left);
	pthread_mutex_destroy(&ix->lock);
	arena_destroy(ix->arena);
}

/* ---- readers --------------------------------------------------------------------------------- */

static struct reader *free_reader(struct index *ix)
{
	for (size_t i = 0; i < READERS; i++)
		if (!ix->readers[i].taken)
			return &ix->readers[i];
	return NULL;
}

static struct reader *reader_take(struct index *ix)
{
	struct reader *r;
	pthread_mutex_lock(&ix->lock);
	while ((r = free_reader(ix)) == NULL)
		pthread_cond_wait(&ix->left, &ix->lock);
	r->taken = true;
	pthread_mutex_unlock(&ix->lock);
	return r;
}

static void reader_leave(struct index *ix, struct reader *r)
{
	pthread_mutex_lock(&ix->lock);
	r->taken = false;
	pthread_cond_signal(&ix->left);
	pthread_mutex_unlock(&ix->lock);
}

enum err index_empty(struct index *ix)
{
	for (size_t i = 0; i < READERS; i++)
		reader_take(ix);
	close_all(ix);
	search_file_forget(ix->path);
	enum err e = open_or_begin(ix);
	atomic_store(&ix->broken, e != OK);
	for (size_t i = 0; i < READERS; i++)
		reader_leave(ix, &ix->readers[i]);
	return e;
}

bool index_broken(struct index *ix)
{
	return atomic_load(&ix->broken);
}

static void note_damage(struct index *ix, int code)
{
	if ((code & 0xff) == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		atomic_store(&ix->broken, true);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void fail(struct index *ix, int code)
{
	if (code != SQLITE_OK && ix->code == SQLITE_OK)
		ix->code = code;
}

static sqlite3_stmt *statement(struct index *ix, enum statement which)
{
	sqlite3_stmt *s = ix->statements[which];
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return s;
}

static void bind_id(struct index *ix, sqlite3_stmt *s, int at, uint64_t id)
{
	fail(ix, sqlite3_bind_int64(s, at, (int64_t)id));
}

/* False also when there is no row. */
static bool step(struct index *ix, sqlite3_stmt *s)
{
	if (ix->code != SQLITE_OK)
		return false;
	int code = sqlite3_step(s);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail(ix, code);
	return code == SQLITE_ROW;
}

static void done(struct index *ix, enum statement which)
{
	step(ix, ix->statements[which]);
	sqlite3_reset(ix->statements[which]);
}

void index_begin(struct index *ix)
{
	ix->code = ix->db != NULL ? run(ix->db, "BEGIN IMMEDIATE") : SQLITE_CANTOPEN;
}

/* Its language, then the words without control characters: those mark what was found. */
static void bind_words(
	struct index *ix, sqlite3_stmt *s, int at, const char *language, const char *words)
{
	size_t size = words != NULL ? strlen(words) : 0;
	while (size > TEXT_MOST || (size > 0 && size == TEXT_MOST && (words[size] & 0xc0) == 0x80))
		size = size > TEXT_MOST ? TEXT_MOST : size - 1;
	char *kept = malloc(MARK_SIZE + size + 1);
	if (kept == NULL)
		die("out of memory for what is searched");
	bool known = language != NULL && strlen(language) >= 2;
	kept[0] = MARK_SIGN;
	kept[1] = known ? language[0] : '-';
	kept[2] = known ? language[1] : '-';
	for (size_t i = 0; i < size; i++)
		kept[MARK_SIZE + i] = (unsigned char)words[i] < ' ' ? ' ' : words[i];
	fail(ix, sqlite3_bind_text(s, at, kept, (int)(MARK_SIZE + size), free));
}

void index_drop(struct index *ix, uint64_t id)
{
	sqlite3_stmt *s = statement(ix, DROP_ENTRY);
	bind_id(ix, s, 1, id);
	done(ix, DROP_ENTRY);
	if (ix->code != SQLITE_OK || sqlite3_changes(ix->db) == 0)
		return;
	s = statement(ix, DROP_WORDS);
	bind_id(ix, s, 1, id);
	done(ix, DROP_WORDS);
	ix->dropped = true;
}

void index_put(struct index *ix, const struct entry *entry)
{
	index_drop(ix, entry->id);
	sqlite3_stmt *s = statement(ix, PUT_ENTRY);
	const uint64_t values[] = {entry->id, entry->kind, entry->reach, entry->owner,
		entry->circle, entry->community};
	for (size_t i = 0; i < COUNT(values); i++)
		bind_id(ix, s, (int)i + 1, values[i]);
	done(ix, PUT_ENTRY);
	s = statement(ix, PUT_WORDS);
	bind_id(ix, s, 1, entry->id);
	bind_words(ix, s, 2, entry->language, entry->title);
	bind_words(ix, s, 3, entry->language, entry->words);
	done(ix, PUT_WORDS);
}

void index_mark(struct index *ix, uint64_t actor, uint64_t mark, uint64_t *was)
{
	sqlite3_stmt *s = statement(ix, GET_MARK);
	bind_id(ix, s, 1, actor);
	*was = step(ix, s) ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	if (*was == mark)
		return;
	s = statement(ix, SET_MARK);
	bind_id(ix, s, 1, actor);
	bind_id(ix, s, 2, mark);
	done(ix, SET_MARK);
}

void index_todo_put(struct index *ix, uint64_t author, uint64_t cursor)
{
	sqlite3_stmt *s = statement(ix, PUT_TODO);
	bind_id(ix, s, 1, author);
	bind_id(ix, s, 2, cursor);
	done(ix, PUT_TODO);
}

void index_todo_drop(struct index *ix, uint64_t author)
{
	bind_id(ix, statement(ix, DROP_TODO), 1, author);
	done(ix, DROP_TODO);
}

bool index_todo(struct index *ix, uint64_t *author, uint64_t *cursor)
{
	if (ix->db == NULL)
		return false;
	ix->code = SQLITE_OK;
	sqlite3_stmt *s = statement(ix, GET_TODO);
	bool some = step(ix, s);
	if (some) {
		*author = (uint64_t)sqlite3_column_int64(s, 0);
		*cursor = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	note_damage(ix, ix->code);
	return some;
}

enum err index_end(struct index *ix, const struct index_state *state)
{
	sqlite3_stmt *s = ix->db != NULL ? statement(ix, SET_STATE) : NULL;
	if (s != NULL) {
		bind_id(ix, s, 1, state->line);
		bind_id(ix, s, 2, state->cursor);
		bind_id(ix, s, 3, state->stage);
		done(ix, SET_STATE);
	}
	if (ix->code == SQLITE_OK)
		ix->code = run(ix->db, "COMMIT");
	if (ix->code == SQLITE_OK) {
		ix->state = *state;
		return OK;
	}
	log_line(LOG_ERROR, "search", "index=unchanged why=\"%s\"", sqlite3_errstr(ix->code));
	note_damage(ix, ix->code);
	if (ix->db != NULL && !sqlite3_get_autocommit(ix->db))
		run(ix->db, "ROLLBACK");
	return ERR_STORE;
}

struct index_state index_state(struct index *ix)
{
	return ix->state;
}

/* FTS5 only notes what was deleted; the words go when its parts are merged into one. */
void index_tidy(struct index *ix)
{
	if (!ix->dropped || ix->db == NULL)
		return;
	int64_t before = sqlite3_total_changes(ix->db);
	int code = run(ix->db, "INSERT INTO words(words, rank) VALUES('merge', -200)");
	ix->dropped = code == SQLITE_OK && sqlite3_total_changes(ix->db) - before >= 2;
	note_damage(ix, code);
}

bool search_file_is_sound(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	if (access(path, F_OK) != 0)
		return true;
	bool sound = open_one(path, SQLITE_OPEN_READWRITE, &db) == SQLITE_OK
		&& sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &s, NULL) == SQLITE_OK
		&& sqlite3_step(s) == SQLITE_ROW
		&& text_is((const char *)sqlite3_column_text(s, 0), "ok");
	sqlite3_finalize(s);
	sound = sound
		&& run(db, "INSERT INTO words(words, rank) VALUES('integrity-check', 1)")
			== SQLITE_OK
		&& number_of(db,
			   "SELECT count(*) FROM entry WHERE id NOT IN (SELECT id FROM words_docsize)")
			== 0;
	sqlite3_close(db);
	return sound;
}

void index_count(struct index *ix, int64_t *entries, int64_t *bytes)
{
	struct reader *r = reader_take(ix);
	r->until = time_steady() + TIME_MOST;
	*entries = r->db != NULL ? number_of(r->db, "SELECT count(*) FROM entry") : 0;
	*bytes = r->db != NULL
		? number_of(r->db, "PRAGMA page_count") * number_of(r->db, "PRAGMA page_size")
		: 0;
	reader_leave(ix, r);
}

/* ---- finding --------------------------------------------------------------------------------- */

/*
 * What was typed as a question of FTS5: each word, or what stands in quotes, is one of its strings: in quotes, so that
 * nothing in it is syntax. The last word may go on. What has no letter or digit finds nothing and is left out by FTS5
 * itself, where strings stand side by side.
 */
static const char *question(struct arena *arena, const char *typed)
{
	struct text t;
	const char *at = text_cut(arena, typed, SEARCH_WORDS_MOST);
	bool open = false, whole = false;
	size_t from = 0;
	text_init(&t, arena, 8192);
	for (; *at != '\0'; at++) {
		bool blank = (unsigned char)*at <= ' ';
		if (*at == '"' || (blank && !whole)) {
			if (open)
				text_char(&t, '"');
			if (open)
				text_char(&t, ' ');
			open = false;
			whole = *at == '"' ? !whole : whole;
			continue;
		}
		if (!open)
			text_char(&t, '"');
		from = open ? from : t.size;
		open = true;
		text_char(&t, blank ? ' ' : *at);
	}
	if (open)
		text_add(&t, t.size - from > 1 ? "\" *" : "\"");
	return t.at;
}

/* Escaped, with what was found marked; the language in front is not shown. */
static const char *marked(struct arena *arena, const unsigned char *words)
{
	struct text t;
	const char *at = words != NULL ? (const char *)words : "";
	text_init(&t, arena, (size_t)1 << 20);
	while (*at != '\0') {
		size_t plain = strcspn(at, "\1\2\3");
		text_html(&t, arena_text_n(arena, at, plain));
		at += plain;
		if (*at == MARK_SIGN)
			at += strnlen(at, MARK_SIZE);
		else if (*at != '\0')
			text_add(&t, *at++ == MARK_ON ? "<mark>" : "</mark>");
	}
	return t.at;
}

static int quote(struct reader *r, struct arena *arena, const char *words, struct hit *hit)
{
	sqlite3_reset(r->quote);
	sqlite3_bind_text(r->quote, 1, words, -1, SQLITE_STATIC);
	sqlite3_bind_int64(r->quote, 2, (int64_t)hit->id);
	sqlite3_bind_int(r->quote, 3, SNIPPET_WORDS);
	int code = sqlite3_step(r->quote);
	if (code == SQLITE_ROW) {
		hit->title = marked(arena, sqlite3_column_text(r->quote, 0));
		hit->words = marked(arena, sqlite3_column_text(r->quote, 1));
	}
	sqlite3_reset(r->quote);
	sqlite3_clear_bindings(r->quote);
	return code;
}

static int find(
	struct reader *r, struct arena *arena, const char *words, struct hit *hits, size_t *count)
{
	const struct index_query *q = r->query;
	int code = SQLITE_ROW;
	sqlite3_bind_text(r->find, 1, words, -1, SQLITE_STATIC);
	sqlite3_bind_int64(r->find, 2, q->kind);
	sqlite3_bind_int64(r->find, 3, (int64_t)q->community);
	sqlite3_bind_int(r->find, 4, RANKED_MOST);
	sqlite3_bind_int64(r->find, 5, (int64_t)q->max);
	sqlite3_bind_int64(r->find, 6, (int64_t)q->offset);
	while (*count < q->max && (code = sqlite3_step(r->find)) == SQLITE_ROW)
		hits[(*count)++] = (struct hit){
			.id = (uint64_t)sqlite3_column_int64(r->find, 0), .title = "", .words = ""};
	sqlite3_reset(r->find);
	sqlite3_clear_bindings(r->find);
	for (size_t i = 0; i < *count && (code == SQLITE_ROW || code == SQLITE_DONE); i++)
		code = quote(r, arena, words, &hits[i]);
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

enum err index_find(struct index *ix, struct arena *arena, const struct index_query *q,
	struct hit **out, size_t *count)
{
	const char *words = question(arena, q->words);
	struct hit *hits = arena_array(arena, q->max, sizeof *hits);
	size_t found = 0;
	if (*words == '\0')
		return ERR_NOT_FOUND;
	struct reader *r = reader_take(ix);
	r->query = q;
	r->until = time_steady() + TIME_MOST;
	int code = r->db != NULL ? find(r, arena, words, hits, &found) : SQLITE_CORRUPT;
	r->query = NULL;
	reader_leave(ix, r);
	note_damage(ix, code);
	if (code == SQLITE_INTERRUPT)
		return ERR_TOO_MUCH;
	if (code != SQLITE_OK) {
		log_line(LOG_ERROR, "search", "question=failed why=\"%s\"", sqlite3_errstr(code));
		return ERR_AGAIN;
	}
	*out = hits;
	*count = found;
	return OK;
}
