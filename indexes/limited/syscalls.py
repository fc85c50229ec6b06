"""The kernel's calls by name, with their numbers on x86_64 and on aarch64, sorted by what a limited child may do.

What is in none of the lists is answered as if this kernel did not have it, which libraries are written for. Numbers
are the kernel's own, from its `unistd.h` of each processor; `-` where it has no such call.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of processor."""

    name: str  # as `platform.machine` calls it
    audit: int  # as the kernel calls it
    column: int
    seccomp: int


MACHINES = {
    machine.name: machine for machine in (Machine("x86_64", 0xC000003E, 0, 317), Machine("aarch64", 0xC00000B7, 1, 277))
}


def _numbers(table: str) -> dict[str, tuple[int | None, int | None]]:
    rows = [row for line in table.splitlines() if not line.lstrip().startswith("#") for row in line.split()]
    numbers: dict[str, tuple[int | None, int | None]] = {}
    for row in rows:
        name, *columns = row.split(":")
        x86, arm = (None if column == "-" else int(column) for column in columns)
        numbers[name] = (x86, arm)
    return numbers


ALLOWED = _numbers(
    """
    # streams that are open already, and Python's own files
    read:0:63 readv:19:65 pread64:17:67 write:1:64 writev:20:66 lseek:8:62 close:3:57 dup:32:23 dup2:33:-
    dup3:292:24 fstat:5:80 newfstatat:262:79 stat:4:- lstat:6:- statx:332:291 readlink:89:- readlinkat:267:78
    access:21:- faccessat:269:48 faccessat2:439:439 getdents64:217:61 getcwd:79:17
    # memory
    mmap:9:222 munmap:11:215 mprotect:10:226 mremap:25:216 madvise:28:233 brk:12:214
    # the one thread there is
    futex:202:98 set_robust_list:273:99 rseq:334:293 membarrier:324:283 sched_yield:24:124
    sched_getaffinity:204:123 getcpu:309:168 rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139
    sigaltstack:131:132 restart_syscall:219:128 exit:60:93 exit_group:231:94
    # clocks, waiting, and what may be known of oneself
    clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115 nanosleep:35:101 gettimeofday:96:169
    time:201:- times:100:153 getrusage:98:165 getrlimit:97:163 poll:7:- ppoll:271:73 select:23:- pselect6:270:72
    getpid:39:172 getppid:110:173 gettid:186:178 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177
    uname:63:160 sysinfo:99:179 getrandom:318:278
    """
)
STOPPED = _numbers(
    """
    # other programs and processes
    execve:59:221 execveat:322:281 fork:57:- vfork:58:- kill:62:129 tkill:200:130 rt_sigqueueinfo:129:138
    rt_tgsigqueueinfo:297:240 pidfd_open:434:434 pidfd_getfd:438:438 pidfd_send_signal:424:424 ptrace:101:117
    process_vm_readv:310:270 process_vm_writev:311:271 process_madvise:440:440 kcmp:312:272
    # the network: there is no socket to use them on
    connect:42:203 bind:49:200 listen:50:201 accept:43:202 accept4:288:242 sendto:44:206 sendmsg:46:211
    sendmmsg:307:269 recvfrom:45:207 recvmsg:47:212 recvmmsg:299:243
    # changing files, by name or by number
    truncate:76:45 ftruncate:77:46 fallocate:285:47 unlink:87:- unlinkat:263:35 rename:82:- renameat:264:38
    renameat2:316:276 mkdir:83:- mkdirat:258:34 rmdir:84:- link:86:- linkat:265:37 symlink:88:- symlinkat:266:36
    mknod:133:- mknodat:259:33 chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- fchown:93:55
    lchown:94:- fchownat:260:54 utime:132:- utimes:235:- futimesat:261:- utimensat:280:88 setxattr:188:5
    lsetxattr:189:6 fsetxattr:190:7 removexattr:197:14 lremovexattr:198:15 fremovexattr:199:16
    # other rights, other views of the system
    setuid:105:146 setgid:106:144 setreuid:113:145 setregid:114:143 setresuid:117:147 setresgid:119:149
    setfsuid:122:151 setfsgid:123:152 setgroups:116:159 capset:126:91 personality:135:92 seccomp:317:277
    chroot:161:51 pivot_root:155:41 mount:165:40 umount2:166:39 unshare:272:97 setns:308:268 fsopen:430:430
    fsconfig:431:431 fsmount:432:432 fspick:433:433 move_mount:429:429 open_tree:428:428 mount_setattr:442:442
    name_to_handle_at:303:264 open_by_handle_at:304:265 fanotify_init:300:262
    # parts of the kernel with many doors
    bpf:321:280 perf_event_open:298:241 userfaultfd:323:282 add_key:248:217 request_key:249:218 keyctl:250:219
    io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427 io_setup:206:0 io_submit:209:2
    init_module:175:105 finit_module:313:273 delete_module:176:106 kexec_load:246:104 kexec_file_load:320:294
    reboot:169:142 swapon:167:224 swapoff:168:225 acct:163:89 quotactl:179:60 sethostname:170:161
    setdomainname:171:162 settimeofday:164:170 clock_settime:227:112 adjtimex:159:171 clock_adjtime:305:266
    syslog:103:116 iopl:172:- ioperm:173:- modify_ldt:154:-
    """
)
BY_ARGUMENT = _numbers(
    """
    # asked with arguments that say whether it is harmless
    open:2:- openat:257:56 fcntl:72:25 tgkill:234:131 prlimit64:302:261 clone:56:220
    """
)
REFUSED = _numbers(
    """
    # what libraries try and do without
    creat:85:- ioctl:16:29 socket:41:198 socketpair:53:199 prctl:157:167 setrlimit:160:164
    """
)
