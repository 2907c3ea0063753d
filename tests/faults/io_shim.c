/* Preloaded into a process that uses a store: fails, kills or records what the engine does to data.mdb.
 *
 * Calls are of three sorts: `data` (writes of pages), `sync` (fdatasync, fsync), `meta` (writes through the
 * descriptor that was opened with O_DSYNC). IO_FAULT=sort,n,what,landed acts on the n-th call of a sort, counted
 * from 1: `what` is an error number, or 0 to kill the process; with `landed` 1 the call is carried out first.
 * IO_RECORD=path writes each call to a file: one byte for the sort (D, S, M, and A for what is written to
 * descriptor 1), offset and length as little-endian 64-bit numbers, then the bytes.
 *
 * cc -shared -fPIC -o io_shim.so io_shim.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
enum sort { OTHER, DATA, SYNC, META };

static unsigned char sort_of[FILES];
static int seen[4];
static int record_to = -2;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static enum sort sort_by_name(const char *name)
{
    if (!strcmp(name, "data")) return DATA;
    if (!strcmp(name, "sync")) return SYNC;
    return META;
}

static void record(char sort, uint64_t offset, const void *bytes, uint64_t length)
{
    if (record_to == -2) {
        const char *path = getenv("IO_RECORD");
        record_to = path ? REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }
    if (record_to < 0) return;
    unsigned char head[17];
    head[0] = sort;
    memcpy(head + 1, &offset, 8);
    memcpy(head + 9, &length, 8);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, bytes ? length : 0}};
    if (REAL(writev)(record_to, parts, 2) < 0) abort();
}

/* Whether this call is the one to act on, and how: 0 no, 1 before, 2 after it was carried out. */
static int due(enum sort sort, int *what)
{
    const char *wish = getenv("IO_FAULT");
    char name[8];
    int nth, landed;
    if (!wish || sscanf(wish, "%7[a-z],%d,%d,%d", name, &nth, what, &landed) != 4) return 0;
    if (sort_by_name(name) != sort || ++seen[sort] != nth) return 0;
    return landed ? 2 : 1;
}

static ssize_t act(int what)
{
    if (what == 0) raise(SIGKILL);
    errno = what;
    return -1;
}

static void opened(int fd, const char *path, int flags)
{
    size_t length = strlen(path);
    if (fd < 0 || fd >= FILES) return;
    sort_of[fd] = length >= 8 && !strcmp(path + length - 8, "data.mdb") ? ((flags & O_DSYNC) ? META : DATA) : OTHER;
}

#define OPEN(name)                                         \
    int name(const char *path, int flags, ...)             \
    {                                                      \
        va_list rest;                                      \
        va_start(rest, flags);                             \
        int mode = va_arg(rest, int);                      \
        va_end(rest);                                      \
        int fd = REAL(name)(path, flags, mode);            \
        opened(fd, path, flags);                           \
        return fd;                                         \
    }
OPEN(open)
OPEN(open64)

static enum sort sort_at(int fd) { return fd >= 0 && fd < FILES ? sort_of[fd] : OTHER; }

#define WRITE_AT(name, type)                                                        \
    ssize_t name(int fd, const void *bytes, size_t length, type offset)             \
    {                                                                               \
        enum sort sort = sort_at(fd);                                               \
        int what = 0, when = sort == OTHER ? 0 : due(sort, &what);                  \
        if (when == 1) return act(what);                                            \
        ssize_t done = REAL(name)(fd, bytes, length, offset);                       \
        if (sort != OTHER && done > 0) record(sort == META ? 'M' : 'D', offset, bytes, done); \
        return when == 2 ? act(what) : done;                                        \
    }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

/* Where the engine writes several pages at once, it seeks first. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    enum sort sort = sort_at(fd);
    if (sort == OTHER) return REAL(writev)(fd, parts, count);
    int what = 0, when = due(sort, &what);
    if (when == 1) return act(what);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = REAL(writev)(fd, parts, count), left = done;
    for (int i = 0; i < count && left > 0; i++) {
        record(sort == META ? 'M' : 'D', offset + (done - left), parts[i].iov_base, parts[i].iov_len);
        left -= parts[i].iov_len;
    }
    return when == 2 ? act(what) : done;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    ssize_t done = REAL(write)(fd, bytes, length);
    if (fd == 1 && done > 0) record('A', 0, bytes, done);
    return done;
}

#define SYNC_FILE(name)                                          \
    int name(int fd)                                             \
    {                                                            \
        enum sort sort = sort_at(fd);                            \
        int what = 0, when = sort == OTHER ? 0 : due(SYNC, &what); \
        if (when == 1) return (int)act(what);                    \
        int done = REAL(name)(fd);                               \
        if (sort != OTHER && done == 0) record('S', 0, NULL, 0); \
        return when == 2 ? (int)act(what) : done;                \
    }
SYNC_FILE(fdatasync)
SYNC_FILE(fsync)
