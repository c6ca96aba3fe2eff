/* attempt.c: what kring-picture's own confinement lets a program do: run by picture.c, without a sanitizer's memory. */
#include "child.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the order of picture.c's names for them. */
static void attempt(int what)
{
	char *none[] = {NULL};
	switch (what) {
	case 0:
		syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
		return;
	case 1:
		syscall(SYS_open, "/tmp/kring-picture-was-here", O_WRONLY | O_CREAT, 0600);
		return;
	case 2:
		syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
		return;
	case 3:
		syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
		return;
	case 4:
		syscall(SYS_clone, 17, 0, 0, 0, 0);
		return;
	case 5:
		syscall(SYS_execve, "/bin/true", none, none);
		return;
	case 6:
		syscall(SYS_kill, getppid(), 0);
		return;
	case 7:
		syscall(SYS_ptrace, 0, 0, 0, 0);
		return;
	case 8:
		syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
		return;
	case 9:
		syscall(SYS_write, STDERR_FILENO, "x", 1);
		return;
	case 10: /* more memory than there is */
		_exit(malloc((size_t)500 << 20) != NULL ? 8 : 7);
	default:
		_exit(write(STDOUT_FILENO, "", 0) == 0 && malloc((size_t)300 << 20) != NULL ? 7
											    : 8);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2 || !confine())
		_exit(9);
	attempt(atoi(argv[1]));
	_exit(6); /* it was let go on */
}
