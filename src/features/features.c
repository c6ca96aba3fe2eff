/* features.c: the table of contents: what this node can do. */
#include "features.h"

const struct feature *const features[] = {
	&feature_profile,
	&feature_account,
	&feature_link,
	&feature_mail,
	&feature_mailroom,
	&feature_signin,
	&feature_second,
	&feature_email,
	&feature_follow,
	&feature_community,
	&feature_setup,
	&feature_article,
	&feature_question,
	&feature_expertise,
	&feature_join,
	&feature_joining,
	&feature_joinmail,
	&feature_jointext,
	&feature_requests,
	&feature_invite,
	&feature_welcome,
	&feature_membership,
	&feature_linked, /* before posts and questions: what proves an account looks like one */
	&feature_coach,
	&feature_event,
	&feature_attendance, /* before polls and posts: an answer to an event looks like a vote, and that like a post */
	&feature_calendar,
	&feature_poll, /* before posts: a vote looks like one */
	&feature_post,
	&feature_message,
	&feature_vacancy,
	&feature_noticeboard,
	&feature_alert,
	&feature_answer,
	&feature_organisation,
	&feature_idea,
	&feature_library,
	&feature_project,
	&feature_reaction,
	&feature_summary,
	&feature_media,
	&feature_timeline,
	&feature_overview,
	&feature_moderation,
	&feature_hidden,
	&feature_remote,
	&feature_face,
	&feature_notify,
	&feature_digest,
	&feature_drafts,
	&feature_leaving,
	&feature_farewell,
	&feature_consent,
	&feature_handover,
	&feature_own,
	&feature_idle,
	&feature_retention,
	&feature_memberfile,
	&feature_members,
	&feature_memberdesk,
	&feature_memberpage,
	&feature_auditlog,
	&feature_directory,
	&feature_readers,
	&feature_curated,
	&feature_feed,
	&feature_found,
	NULL,
};

const struct detail *detail_of(uint32_t kind)
{
	static const struct detail none;
	for (const struct feature *const *f = features; *f != NULL; f++)
		for (const struct detail *p = (*f)->details; p != NULL && p->kind != 0; p++)
			if (p->kind == kind)
				return p;
	return &none;
}

bool origin_reaches(const struct origin *origin, uint64_t community)
{
	return origin == NULL || origin->via == 0 || origin->via == community;
}

bool origin_vouches(const struct origin *origin, uint64_t community)
{
	return origin != NULL && origin->via != 0 && origin->via == community;
}

enum err act_journal(
	struct txn *t, const struct origin *origin, struct line *line, const char **uri)
{
	if (origin != NULL && line->uri == NULL)
		line->uri = origin->uri;
	if (origin != NULL && line->raw.size == 0)
		line->raw = origin->raw;
	enum err e = journal_append(t, line);
	if (e == OK && uri != NULL)
		*uri = origin != NULL && origin->uri != NULL
			? origin->uri
			: arena_format(txn_arena(t), "%s/a/%llu", txn_site(t)->base_url,
				(unsigned long long)line->place);
	return e;
}
