/* Power-loss shim: records what a disk does not have to hold yet, and cuts the power of a whole process group at the N-th sync point.
 *
 * Preloaded into a program, it writes down every change of the regular files and folders below POWERLOSS_DIR, with what was there
 * before, and every fsync and fdatasync of them. After the cut a reader of the log can undo whatever was not synced: all of it,
 * or some, or half a write. The page cache, which survives a SIGKILL, is thereby taken out of the game.
 *
 *   POWERLOSS_DIR     folder whose files are watched; below it "tokens" (the HSM's own business) and "*-shm" (the index of
 *                     SQLite's WAL, made anew after a crash) are not
 *   POWERLOSS_SIDE    existing folder on the same file system for the log ("log"), the counter ("shared") and removed files ("gone.N")
 *   POWERLOSS_CUT     number of the sync point, from 1; none: only count
 *   POWERLOSS_WHEN    "before" that sync is done (default) or "after" it
 *
 * Build: cc -shared -fPIC -O2 -o powerloss.so powerloss.c
 *
 * The log is a sequence of { struct record; first octets; second octets }, in the order of the effects over all processes. Ways of
 * writing that it does not know (shared writable mappings, fallocate, sendfile ...) end the program loudly: what is missed would
 * look durable. Calls are made as system calls, so nothing is looked up before the C library is ready. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, TRUNCATE = 2, SYNC = 3, CREATE = 4, UNLINK = 5, RENAME = 6 };

/* WRITE: first = old octets, second = new.  TRUNCATE: first = octets cut off.  SYNC: offset = length of the log that it covers.
 * CREATE, UNLINK, RENAME: inode is the folder's; first = path, second = new path; offset = N of "gone.N", or 0. */
struct record { uint32_t kind, first, second, unused; uint64_t inode, offset, size_before; };

/* All zeros is its beginning, so that the first process need not be known. */
struct shared { atomic_int lock; atomic_int gone; atomic_long syncs; };

static const char *folder, *side;
static size_t folder_length;
static long cut_at;
static int cut_after, log_file = -1;
static struct shared *shared;

static void fail(const char *what) {
  dprintf(2, "powerloss: %s: %s\n", what, strerror(errno));
  abort();
}

static char *beside(char *buffer, const char *format, ...) {
  va_list rest;
  int used = snprintf(buffer, PATH_MAX, "%s/", side);
  va_start(rest, format);
  vsnprintf(buffer + used, PATH_MAX - used, format, rest);
  va_end(rest);
  return buffer;
}

__attribute__((constructor)) static void begin(void) {
  char path[PATH_MAX];
  const char *cut = getenv("POWERLOSS_CUT"), *when = getenv("POWERLOSS_WHEN");
  side = getenv("POWERLOSS_SIDE");
  const char *watched = getenv("POWERLOSS_DIR");
  if (!watched || !side) return;
  cut_at = cut ? atol(cut) : 0;
  cut_after = when && !strcmp(when, "after");
  int counter = syscall(SYS_openat, AT_FDCWD, beside(path, "shared"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (counter < 0 || syscall(SYS_ftruncate, counter, sizeof(struct shared))) fail(path);
  shared = (struct shared *)syscall(SYS_mmap, NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, counter, 0);
  log_file = syscall(SYS_openat, AT_FDCWD, beside(path, "log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (shared == MAP_FAILED || log_file < 0) fail(path);
  folder_length = strlen(watched);
  folder = watched;
}

/* Held over every change and its record: at a cut no process is in the middle of one. */
static void lock(void) {
  int free_ = 0;
  while (!atomic_compare_exchange_weak(&shared->lock, &free_, 1)) { free_ = 0; sched_yield(); }
}

static void unlock(void) { atomic_store(&shared->lock, 0); }

static int watched_path(const char *path) {
  if (!folder || strncmp(path, folder, folder_length) || (path[folder_length] != '/' && path[folder_length])) return 0;
  const char *rest = path + folder_length;
  size_t length = strlen(rest);
  return strncmp(rest, "/tokens", 7) && !(length > 4 && !strcmp(rest + length - 4, "-shm"));
}

static int watched(int fd, mode_t type, struct stat *state) {
  char link[64], path[PATH_MAX];
  if (!folder || fstat(fd, state) || (state->st_mode & S_IFMT) != type) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return watched_path(path);
}

static void all_of(const struct iovec *part) {
  for (size_t done = 0; done < part->iov_len;) {
    long written = syscall(SYS_write, log_file, (char *)part->iov_base + done, part->iov_len - done);
    if (written < 0) fail("log");
    done += written;
  }
}

static void record(struct record head, const void *first, const void *second) {
  const struct iovec parts[] = { { &head, sizeof head }, { (void *)first, head.first }, { (void *)second, head.second } };
  for (int i = 0; i < 3; i++) all_of(&parts[i]);
}

static uint64_t log_length(void) {
  struct stat state;
  if (fstat(log_file, &state)) fail("log");
  return state.st_size;
}

/* What is between two offsets of a file, by a descriptor of its own: the caller's may be write-only. */
static char *octets_at(int fd, off_t from, off_t to, size_t *length) {
  char link[64];
  *length = 0;
  if (to <= from) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int reader = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC);
  char *octets = malloc(to - from);
  if (reader < 0 || !octets) fail(link);
  ssize_t got = pread(reader, octets, to - from, from);
  if (got != to - from) fail(link);
  syscall(SYS_close, reader);
  *length = got;
  return octets;
}

/* Records a write of `length` octets at `offset` (or at the end, or where the descriptor stands) and does it. */
static ssize_t change(int fd, const void *octets, size_t length, off_t offset, int positioned) {
  struct stat state;
  size_t old_length;
  if (!watched(fd, S_IFREG, &state))
    return positioned ? syscall(SYS_pwrite64, fd, octets, length, offset) : syscall(SYS_write, fd, octets, length);
  lock();
  if (fstat(fd, &state)) fail("fstat");
  off_t at = fcntl(fd, F_GETFL) & O_APPEND ? state.st_size : positioned ? offset : lseek(fd, 0, SEEK_CUR);
  off_t end = at + (off_t)length < state.st_size ? at + (off_t)length : state.st_size;
  char *old = octets_at(fd, at, end, &old_length);
  record((struct record){ WRITE, old_length, length, 0, state.st_ino, at, state.st_size }, old, octets);
  free(old);
  ssize_t done = positioned ? syscall(SYS_pwrite64, fd, octets, length, offset) : syscall(SYS_write, fd, octets, length);
  if (done != (ssize_t)length) fail("a short write, which the log does not know");
  unlock();
  return done;
}

ssize_t write(int fd, const void *octets, size_t length) { return change(fd, octets, length, 0, 0); }
ssize_t pwrite(int fd, const void *octets, size_t length, off_t offset) { return change(fd, octets, length, offset, 1); }
ssize_t pwrite64(int fd, const void *octets, size_t length, off_t offset) { return change(fd, octets, length, offset, 1); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  struct stat state;
  if (!watched(fd, S_IFREG, &state)) return syscall(SYS_writev, fd, parts, count);
  for (int i = 0; i < count; i++)
    if (parts[i].iov_len) return change(fd, parts[i].iov_base, parts[i].iov_len, 0, 0); /* a short write is allowed: the caller goes on */
  return 0;
}

static void record_truncation(int fd, const struct stat *state, off_t length) {
  size_t old_length;
  char *old = octets_at(fd, length, state->st_size, &old_length);
  record((struct record){ TRUNCATE, old_length, 0, 0, state->st_ino, length, state->st_size }, old, NULL);
  free(old);
}

int ftruncate(int fd, off_t length) {
  struct stat state;
  if (!watched(fd, S_IFREG, &state)) return syscall(SYS_ftruncate, fd, length);
  lock();
  if (fstat(fd, &state)) fail("fstat");
  record_truncation(fd, &state, length);
  int result = syscall(SYS_ftruncate, fd, length);
  unlock();
  return result;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

/* The power is gone, for every process of the group; the lock stays taken. */
static void cut(void) {
  kill(0, SIGKILL);
  for (;;) pause();
}

static int sync_point(int fd, long call) {
  struct stat state;
  if (!watched(fd, S_IFREG, &state) && !watched(fd, S_IFDIR, &state)) return syscall(call, fd);
  lock();
  long number = atomic_fetch_add(&shared->syncs, 1) + 1;
  uint64_t covered = log_length();
  if (number == cut_at && !cut_after) cut();
  unlock();
  int result = syscall(call, fd);
  if (result) return result;
  lock();
  record((struct record){ SYNC, 0, 0, 0, state.st_ino, covered, 0 }, NULL, NULL);
  if (number == cut_at) cut();
  unlock();
  return result;
}

int fsync(int fd) { return sync_point(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_point(fd, SYS_fdatasync); }

static uint64_t parent_inode(const char *path) {
  char copy[PATH_MAX];
  struct stat state;
  snprintf(copy, sizeof copy, "%s", path);
  char *slash = strrchr(copy, '/');
  if (!slash) fail("a relative path");
  *slash = 0;
  if (stat(copy, &state)) fail(copy);
  return state.st_ino;
}

/* Keeps a file that is about to lose its name; the number of its other name. */
static int keep(const char *path) {
  char other[PATH_MAX];
  int number = atomic_fetch_add(&shared->gone, 1) + 1;
  if (linkat(AT_FDCWD, path, AT_FDCWD, beside(other, "gone.%d", number), 0)) fail(path);
  return number;
}

static int opened(const char *path, int flags, mode_t mode) {
  struct stat state;
  if (!folder || !(flags & (O_CREAT | O_TRUNC)) || !watched_path(path)) return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  lock();
  int existed = !stat(path, &state);
  int fd = syscall(SYS_openat, AT_FDCWD, path, existed ? flags & ~O_TRUNC : flags, mode);
  int error = errno;
  if (fd >= 0 && !existed) record((struct record){ CREATE, strlen(path), 0, 0, parent_inode(path), 0, 0 }, path, NULL);
  if (fd >= 0 && existed && flags & O_TRUNC && S_ISREG(state.st_mode)) {
    record_truncation(fd, &state, 0);
    if (syscall(SYS_ftruncate, fd, 0)) fail(path);
  }
  unlock();
  errno = error;
  return fd;
}

#define OPEN(name)                                       \
  int name(const char *path, int flags, ...) {           \
    va_list rest;                                        \
    va_start(rest, flags);                               \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                        \
    return opened(path, flags, mode);                    \
  }
OPEN(open)
OPEN(open64)

int unlink(const char *path) {
  struct stat state;
  if (!folder || !watched_path(path) || lstat(path, &state) || !S_ISREG(state.st_mode)) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  lock();
  record((struct record){ UNLINK, strlen(path), 0, 0, parent_inode(path), keep(path), 0 }, path, NULL);
  int result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  unlock();
  return result;
}

int rename(const char *from, const char *to) {
  struct stat state;
  if (!folder || !watched_path(from)) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  lock();
  int replaced = stat(to, &state) ? 0 : keep(to);
  if (parent_inode(from) != parent_inode(to)) fail("a rename between folders, which the log does not know");
  record((struct record){ RENAME, strlen(from), strlen(to), 0, parent_inode(to), replaced, 0 }, from, to);
  int result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  unlock();
  return result;
}

static void refuse(int fd, const char *what) {
  struct stat state;
  if (watched(fd, S_IFREG, &state)) { errno = ENOTSUP; fail(what); }
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  if (fd >= 0 && protection & PROT_WRITE && flags & MAP_SHARED) refuse(fd, "mmap");
  return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset) { return mmap(at, length, protection, flags, fd, offset); }

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  refuse(fd, "pwritev");
  return syscall(SYS_pwritev, fd, parts, count, offset, 0);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  refuse(fd, "fallocate");
  return syscall(SYS_fallocate, fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off_t offset, off_t length) { return fallocate(fd, mode, offset, length); }
ssize_t sendfile(int to, int from, off_t *offset, size_t length) {
  refuse(to, "sendfile");
  return syscall(SYS_sendfile, to, from, offset, length);
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t length) { return sendfile(to, from, offset, length); }
ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags) {
  refuse(to, "copy_file_range");
  return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
}
