/* confine.c: the program gives up all it does not need, before it reads a byte of a stranger's file. */
#include "child.h"

#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY_MOST ((rlim_t)448 << 20) /* two canvases of PICTURE_PIXELS_MOST, and room to work */
#define CPU_SECONDS 8

static bool limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit r = {most, most};
	return setrlimit(what, &r) == 0;
}

static bool limit_all(void)
{
	return limit(RLIMIT_AS, MEMORY_MOST) && limit(RLIMIT_CPU, CPU_SECONDS)
		&& limit(RLIMIT_FSIZE, ANSWER_MOST) && limit(RLIMIT_CORE, 0)
		&& limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_NPROC, 0);
}

/* A second fence behind seccomp's, where the kernel has it: no path may be touched. */
static void leave_files(void)
{
	struct landlock_ruleset_attr all = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	long rules = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	if (rules < 0)
		return;
	(void)syscall(SYS_landlock_restrict_self, (int)rules, 0);
	close((int)rules);
}

/* What a decoder needs of the kernel: the file, the answer, memory. Anything else ends the program. */
static bool allow_little(void)
{
	static const int plain[] = {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk),
		SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
		SCMP_SYS(exit_group)};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (f == NULL)
		return false;
	int bad = 0;
	for (size_t i = 0; i < COUNT(plain); i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, plain[i], 0);
	bad |= seccomp_rule_add(
		f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, SCMP_A0(SCMP_CMP_EQ, STDIN_FILENO));
	bad |= seccomp_rule_add(
		f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, STDOUT_FILENO));
	bad |= seccomp_rule_add(
		f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (bad == 0)
		bad = seccomp_load(f);
	seccomp_release(f);
	return bad == 0;
}

bool confine(void)
{
	/* It ends with the node that started it, and may never gain what it has not. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return false;
	leave_files(); /* needs a file of its own: before those are limited */
	return limit_all() && allow_little();
}
