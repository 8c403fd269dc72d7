/* Stands in for a kernel of 2013 where no such machine is: preloaded into every program of a root by /etc/ld.so.preload.
   Every system call that Linux 3.10 does not have answers ENOSYS, and uname says 3.10 as CentOS 7's kernel does (OpenSSL
   chooses its source of randomness by that). The filter is inherited, so that it holds for static programs as well. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#define FIRST_NEWER 314
#else
#define FIRST_NEWER 274
#endif

int uname(struct utsname *found)
{
    int failed = (int)syscall(SYS_uname, found);
    if (!failed)
        strcpy(found->release, "3.10.0-1160.el7.x86_64");
    return failed;
}

__attribute__((constructor)) static void forget_newer_calls(void)
{
    struct sock_filter words[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_NEWER, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, words};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
        const char *said = "old_kernel: no filter of system calls can be set here\n";
        if (write(2, said, strlen(said)) < 0)
            _exit(98);
        _exit(99);
    }
}
