/*
 * Stands between a process and the system, where SQLite, LMDB and Node meet it: counts the calls that
 * change or read files under one folder, writes down what they do, and lets one of them fail.
 *
 * Loaded with LD_PRELOAD. It is steered through a small file that is mapped into memory (DSM_SHIM), which
 * the program writes and reads as a file:
 *
 *     u32 0  bit 0: write down, bit 1: fail      u32 4   how many calls so far
 *     u32 8  which call fails                    u32 12  with which errno
 *     u32 16 how: 0 nothing happens, 1 all happens, 2 half of a write happens, 3 a short write without an
 *            error, 4 nothing happens and every later call that needs room fails too, 5 the process is killed
 *            before the call, 6 of a write half happens, then the process is killed
 *     u32 20 how many calls failed               u32 24  the kind of the last call that failed
 *     from 64 on: the folder, ended by zero      from 1,024 on: the kind of each call, a byte each
 *
 * What it writes down goes to DSM_SHIM with ".trace" behind it: records of u32 kind, u32 file,
 * u32 length of name, u32 length of bytes, u64 offset; then the name and the bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, CREATE, WRITE, TRUNCATE, SYNC, RENAME, REMOVE, SYNC_FOLDER, LINK, MKDIR, READ, CLOSE, SYNC_FAILED };
enum { KEEP = 1, FAIL = 2 };
enum { FILES = 4096 };

struct control {
  uint32_t flags, calls, at, error, how, failed, kind, unused[9];
  char folder[960];
  uint8_t kinds[3072];
};

/* What is open: the number of its inode here, and whether it is a folder or synced by each write. */
static struct { uint32_t file; int is_folder, is_sync; } files[FILES];
static struct control *control;
static int trace = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("DSM_SHIM");
  if (path == NULL) return;
  int file = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (file < 0) return;
  control = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (control == MAP_FAILED) { control = NULL; return; }
  char name[4096];
  snprintf(name, sizeof name, "%s.trace", path);
  trace = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

/* The name within the folder, "" for the folder itself, or NULL. */
static const char *inside(const char *path) {
  if (control == NULL || control->folder[0] == 0 || path == NULL) return NULL;
  size_t length = strlen(control->folder);
  if (strncmp(path, control->folder, length) != 0) return NULL;
  if (path[length] == 0) return "";
  return path[length] == '/' ? path + length + 1 : NULL;
}

static void note(uint32_t kind, uint32_t file, const char *name, uint64_t offset, const struct iovec *parts, int count, size_t bytes) {
  if (trace < 0 || !(control->flags & KEEP)) return;
  struct { uint32_t kind, file, name, bytes; uint64_t offset; } head = { kind, file, strlen(name), bytes, offset };
  pthread_mutex_lock(&lock);
  syscall(SYS_write, trace, &head, sizeof head);
  if (head.name > 0) syscall(SYS_write, trace, name, head.name);
  for (int i = 0; i < count && bytes > 0; i++) {
    size_t some = parts[i].iov_len < bytes ? parts[i].iov_len : bytes;
    syscall(SYS_write, trace, parts[i].iov_base, some);
    bytes -= some;
  }
  pthread_mutex_unlock(&lock);
}

static void end(void) { syscall(SYS_kill, getpid(), SIGKILL); }

/* Counts a call. Whether it is to fail; then errno is set, and `how` says what happens all the same. */
static int fails(uint32_t kind, uint32_t *how) {
  uint32_t number = __atomic_fetch_add(&control->calls, 1, __ATOMIC_SEQ_CST);
  if (number < sizeof control->kinds) control->kinds[number] = kind;
  if (!(control->flags & FAIL) || number < control->at) return 0;
  int needs_room = kind == WRITE || kind == CREATE || kind == MKDIR;
  if (number > control->at && !(control->how == 4 && needs_room)) return 0;
  control->failed += 1;
  control->kind = kind;
  *how = control->how;
  if (*how == 5 || (*how == 6 && kind != WRITE)) end();
  errno = control->error;
  return 1;
}

#define REAL(name, type) static __typeof__(type) real; if (real == NULL) real = (__typeof__(type))dlsym(RTLD_NEXT, name)
#define KNOWN(fd) (control != NULL && (fd) >= 0 && (fd) < FILES && files[fd].file != 0)

typedef int (*open_type)(const char *, int, ...);
static int opened(open_type real, const char *path, int flags, mode_t mode) {
  const char *name = inside(path);
  if (name == NULL) return real(path, flags, mode);
  struct stat before;
  int is_new = (flags & O_CREAT) && stat(path, &before) != 0;
  uint32_t how = 0;
  if (fails(is_new ? CREATE : OPEN, &how)) return -1;
  int fd = real(path, flags, mode);
  struct stat now;
  if (fd < 0 || fd >= FILES || fstat(fd, &now) != 0) return fd;
  files[fd].file = (uint32_t)now.st_ino;
  files[fd].is_folder = S_ISDIR(now.st_mode);
  files[fd].is_sync = (flags & O_DSYNC) != 0;
  if (is_new) note(CREATE, files[fd].file, name, 0, NULL, 0, 0);
  else if (!files[fd].is_folder) note(OPEN, files[fd].file, name, 0, NULL, 0, 0);
  if ((flags & O_TRUNC) && !is_new) note(TRUNCATE, files[fd].file, "", 0, NULL, 0, 0);
  return fd;
}
#define OPENED(symbol) \
  int symbol(const char *path, int flags, ...) { \
    REAL(#symbol, open_type); \
    va_list more; va_start(more, flags); \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    return opened(real, path, flags, mode); \
  }
OPENED(open)
OPENED(open64)

int close(int fd) {
  REAL("close", int (*)(int));
  if (!KNOWN(fd)) return real(fd);
  uint32_t how = 0;
  int is_bad = fails(CLOSE, &how);
  int error = errno;
  files[fd].file = 0;
  int result = real(fd);
  if (!is_bad) return result;
  errno = error;
  return -1;
}

static ssize_t wrote(int fd, const struct iovec *parts, int count, int64_t offset) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  uint32_t how = 0;
  int is_bad = fails(WRITE, &how);
  int error = errno;
  size_t some = !is_bad || how == 1 ? length : how == 2 || how == 3 || how == 6 ? length / 2 : 0;
  if (some > 0) {
    struct iovec cut[64];
    int used = 0;
    for (size_t left = some; used < count && used < 64 && left > 0; used++) {
      cut[used] = parts[used];
      if (cut[used].iov_len > left) cut[used].iov_len = left;
      left -= cut[used].iov_len;
    }
    if (offset < 0) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
    ssize_t done = syscall(SYS_pwritev, fd, cut, used, (long)offset, 0L);
    if (done < 0) return done;
    note(WRITE, files[fd].file, "", offset, cut, used, done);
    if (is_bad && how == 6) end();
    if (files[fd].is_sync) note(SYNC, files[fd].file, "", 0, NULL, 0, 0);
    if (!is_bad || how == 3) return done;
  }
  errno = error;
  return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t));
  struct iovec part = { (void *)bytes, length };
  return KNOWN(fd) ? wrote(fd, &part, 1, offset) : real(fd, bytes, length, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t));
  struct iovec part = { (void *)bytes, length };
  return KNOWN(fd) ? wrote(fd, &part, 1, offset) : real(fd, bytes, length, offset);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL("pwritev", ssize_t (*)(int, const struct iovec *, int, off_t));
  return KNOWN(fd) ? wrote(fd, parts, count, offset) : real(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  REAL("pwritev64", ssize_t (*)(int, const struct iovec *, int, off64_t));
  return KNOWN(fd) ? wrote(fd, parts, count, offset) : real(fd, parts, count, offset);
}
/* A write without a place moves the place: only whole files are written so, and from their start. */
ssize_t write(int fd, const void *bytes, size_t length) {
  REAL("write", ssize_t (*)(int, const void *, size_t));
  if (!KNOWN(fd)) return real(fd, bytes, length);
  struct iovec part = { (void *)bytes, length };
  ssize_t done = wrote(fd, &part, 1, -1);
  if (done > 0) syscall(SYS_lseek, fd, done, SEEK_CUR);
  return done;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL("writev", ssize_t (*)(int, const struct iovec *, int));
  if (!KNOWN(fd)) return real(fd, parts, count);
  ssize_t done = wrote(fd, parts, count, -1);
  if (done > 0) syscall(SYS_lseek, fd, done, SEEK_CUR);
  return done;
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset) {
  REAL("pread64", ssize_t (*)(int, void *, size_t, off64_t));
  uint32_t how = 0;
  return KNOWN(fd) && fails(READ, &how) ? -1 : real(fd, bytes, length, offset);
}

ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t offset) {
  REAL("preadv64", ssize_t (*)(int, const struct iovec *, int, off64_t));
  uint32_t how = 0;
  return KNOWN(fd) && fails(READ, &how) ? -1 : real(fd, parts, count, offset);
}
ssize_t preadv(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL("preadv", ssize_t (*)(int, const struct iovec *, int, off_t));
  uint32_t how = 0;
  return KNOWN(fd) && fails(READ, &how) ? -1 : real(fd, parts, count, offset);
}
ssize_t read(int fd, void *bytes, size_t length) {
  REAL("read", ssize_t (*)(int, void *, size_t));
  uint32_t how = 0;
  return KNOWN(fd) && fails(READ, &how) ? -1 : real(fd, bytes, length);
}

typedef int (*sync_type)(int);
static int synced(sync_type real, int fd) {
  if (!KNOWN(fd)) return real(fd);
  uint32_t how = 0;
  int is_folder = files[fd].is_folder;
  int is_bad = fails(is_folder ? SYNC_FOLDER : SYNC, &how);
  int error = errno;
  if (!is_bad || how == 1) note(is_folder ? SYNC_FOLDER : SYNC, files[fd].file, "", 0, NULL, 0, 0);
  else if (!is_folder) note(SYNC_FAILED, files[fd].file, "", 0, NULL, 0, 0);
  errno = error;
  return is_bad ? -1 : 0;
}
int fsync(int fd) { REAL("fsync", sync_type); return synced(real, fd); }
int fdatasync(int fd) { REAL("fdatasync", sync_type); return synced(real, fd); }

typedef int (*truncate_type)(int, off64_t);
static int truncated(truncate_type real, int fd, off64_t size) {
  if (!KNOWN(fd)) return real(fd, size);
  uint32_t how = 0;
  int is_bad = fails(TRUNCATE, &how);
  int error = errno;
  if (is_bad && how != 1) { errno = error; return -1; }
  int result = real(fd, size);
  if (result == 0) note(TRUNCATE, files[fd].file, "", size, NULL, 0, 0);
  if (!is_bad) return result;
  errno = error;
  return -1;
}
int ftruncate64(int fd, off64_t size) { REAL("ftruncate64", truncate_type); return truncated(real, fd, size); }
int ftruncate(int fd, off_t size) { REAL("ftruncate", truncate_type); return truncated(real, fd, size); }

typedef int (*name_type)(const char *);
static int removed(name_type real, const char *path) {
  const char *name = inside(path);
  struct stat before;
  if (name == NULL || stat(path, &before) != 0) return real(path);
  uint32_t how = 0;
  int is_bad = fails(REMOVE, &how);
  int error = errno;
  if (is_bad && how != 1) return -1;
  int result = real(path);
  if (result == 0) note(REMOVE, 0, name, 0, NULL, 0, 0);
  if (!is_bad) return result;
  errno = error;
  return -1;
}
int unlink(const char *path) { REAL("unlink", name_type); return removed(real, path); }
int remove(const char *path) { REAL("remove", name_type); return removed(real, path); }

int rename(const char *from, const char *to) {
  REAL("rename", int (*)(const char *, const char *));
  const char *name = inside(from), *other = inside(to);
  if (name == NULL || other == NULL) return real(from, to);
  uint32_t how = 0;
  int is_bad = fails(RENAME, &how);
  int error = errno;
  if (is_bad && how != 1) return -1;
  int result = real(from, to);
  struct iovec part = { (void *)other, strlen(other) };
  if (result == 0) note(RENAME, 0, name, 0, &part, 1, part.iov_len);
  if (!is_bad) return result;
  errno = error;
  return -1;
}

int mkdir(const char *path, mode_t mode) {
  REAL("mkdir", int (*)(const char *, mode_t));
  uint32_t how = 0;
  if (inside(path) != NULL && fails(MKDIR, &how)) return -1;
  return real(path, mode);
}
