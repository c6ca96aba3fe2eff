/* password.c: what a password must be: long enough, and not one that is guessed first. */
#include "features.h"

#include <string.h>

#define PASSWORD_LEAST 10 /* code points */
#define POINTS_LEAST 6    /* things that a guesser must get right, one after the other */
#define GROUP_MOST 4      /* digits in a row that are one thing: a year, a pin */

/* What the lists of leaked passwords begin with, in Dutch and English; digits in a row, repeats and walks over the
 * keyboard need no list. Written as `plain` writes them. */
static const char *const common[] = {"abc", "access", "admin", "administrator", "ajax", "amsterdam",
	"andrea", "android", "angel", "apple", "april", "ashley", "asshole", "association",
	"augustus", "autumn", "baby", "banaan", "banana", "baseball", "batman", "beheerder",
	"bestuur", "bitch", "bloem", "changeme", "charlie", "cheese", "chocola", "chocolate",
	"club", "computer", "cookie", "corvette", "daniel", "december", "default", "demo",
	"denhaag", "dennis", "dinsdag", "donderdag", "dragon", "eindhoven", "emma", "facebook",
	"familie", "family", "februari", "february", "ferrari", "feyenoord", "football", "forever",
	"freedom", "friday", "fuck", "fuckyou", "gast", "gebruiker", "geheim", "geheimpje",
	"ginger", "google", "groningen", "guest", "hallo", "harley", "hello", "herfst", "holland",
	"houvanjou", "hunter", "ikhou", "iloveyou", "inloggen", "instagram", "internet", "iphone",
	"januari", "january", "jessica", "jesus", "johan", "jordan", "joshua", "juli", "july",
	"june", "juni", "kevin", "killer", "knuffel", "konijn", "kring", "leden", "lente",
	"letmein", "lid", "liefde", "lieverd", "linkedin", "lisa", "login", "love", "lovely",
	"maandag", "maart", "mama", "maria", "martin", "master", "mastodon", "matrix", "member",
	"mercedes", "michael", "microsoft", "mijn", "monday", "monkey", "mother", "mustang",
	"nederland", "new", "nieuw", "november", "number", "nummer", "oktober", "olifant", "oma",
	"opa", "open", "orange", "oranje", "papa", "passw", "password", "passwort", "pepper",
	"peter", "poepie", "pokemon", "porsche", "princess", "prinses", "psv", "purple", "qaz",
	"robert", "root", "rotterdam", "samsung", "sanne", "saturday", "schatje", "secret",
	"secure", "security", "september", "server", "sesam", "sesame", "sexy", "shadow", "silver",
	"soccer", "spring", "starwars", "summer", "sunday", "sunshine", "superman", "system",
	"temp", "temporary", "test", "testing", "thomas", "thursday", "tijdelijk", "trustno",
	"tuesday", "user", "utrecht", "vereniging", "vlinder", "voetbal", "vrijdag", "wachtwoord",
	"wednesday", "welcome", "welkom", "whatever", "whatsapp", "windows", "winter", "woensdag",
	"wsx", "xsw", "xyz", "yamaha", "zaq", "zaterdag", "zomer", "zondag"};

/* Small letters, and letters for the signs that are written in their place. */
static char plain(char c)
{
	static const char signs[] = "@4310!$57+", letters[] = "aaeioisstt";
	const char *at = c != '\0' ? strchr(signs, c) : NULL;
	return at != NULL ? letters[at - signs] : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t common_at(const char *s)
{
	size_t longest = 0;
	for (size_t i = 0; i < COUNT(common); i++) {
		size_t n = 0;
		while (common[i][n] != '\0' && plain(s[n]) == common[i][n])
			n++;
		if (common[i][n] == '\0' && n > longest)
			longest = n;
	}
	return longest;
}

/* A neighbour on the keyboard's rows, in either direction, the next or same letter or digit. */
static bool is_step(char a, char b)
{
	static const char rows[] = "1234567890 qwertyuiop asdfghjkl zxcvbnm azerty "
				   "1q2w3e4r5t6y7u8i9o0p qazwsxedcrfv";
	int delta = b - a;
	if (delta >= -1 && delta <= 1)
		return true;
	for (const char *c = rows; c[1] != '\0'; c++)
		if ((c[0] == a && c[1] == b) || (c[0] == b && c[1] == a))
			return a != ' ' && b != ' ';
	return false;
}

static size_t walk_at(const char *s)
{
	size_t n = 1;
	while (s[n] != '\0' && is_step(s[n - 1], s[n]))
		n++;
	return n >= 3 ? n : 0;
}

/* What was just said, said again. */
static size_t repeat_at(const char *whole, const char *s)
{
	for (size_t size = (size_t)(s - whole); size >= 3; size--)
		if (strncmp(s - size, s, size) == 0)
			return size;
	return 0;
}

static size_t group_at(const char *s)
{
	size_t n = strspn(s, "0123456789");
	return n > GROUP_MOST ? GROUP_MOST : n;
}

/* Each word that everybody uses, walk, repeat or small number counts as one thing, as does any other character. */
static bool is_guessed_first(const char *low)
{
	size_t points = 0;
	for (const char *s = low; *s != '\0' && points < POINTS_LEAST; points++) {
		size_t took = 1, of[] = {common_at(s), walk_at(s), repeat_at(low, s), group_at(s)};
		for (size_t i = 0; i < COUNT(of); i++)
			took = of[i] > took ? of[i] : took;
		s += took;
	}
	return points < POINTS_LEAST;
}

enum err account_password_check(struct arena *arena, const struct site *site, const char *name,
	const char *password, struct refusal *why)
{
	if (password == NULL || text_count(password) < PASSWORD_LEAST)
		return refuse(why, "password",
			"A password has at least 10 characters. A few words in a row are fine.");
	if (strlen(password) > PASSWORD_MOST)
		return refuse(why, "password", "This password is too long.");
	const char *low = text_lower(arena, password);
	if (is_guessed_first(low) || (name != NULL && strstr(low, text_lower(arena, name)) != NULL)
		|| strstr(low, site->domain) != NULL)
		return refuse(why, "password", "This password is too easy to guess.");
	return OK;
}
