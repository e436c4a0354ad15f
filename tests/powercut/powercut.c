/*
 * Notes what a power cut would take: loaded with LD_PRELOAD into every process of the subject,
 * it writes each write below a folder, with the bytes it went over, and each fsync to a journal.
 *
 * POWERCUT_FOLDER   whose files are watched, by its true name
 * POWERCUT_JOURNAL  where notes are appended; every process of the subject may write it
 * POWERCUT_LIES     if set, fsync and fdatasync do nothing and say that they did (the control)
 *
 * Not seen: renames, unlinks and truncations (they count as durable at once), stdio, mmap.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* undo.py reads these fields in this order; `held` bytes follow: those that were written over. */
struct note {
    char kind[8];
    uint64_t inode, born_ns, size, offset, length, held, covers;
};

static const char *folder;
static int lies;
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void)
{
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    folder = getenv("POWERCUT_FOLDER");
    lies = getenv("POWERCUT_LIES") != NULL;
}

/* Opened late and by each process: a program may close every descriptor that it did not open. */
static int append(const struct note *note, const void *held)
{
    static const char *path;
    struct iovec parts[2] = {{(void *)note, sizeof *note}, {(void *)held, note->held}};
    if (!path && !(path = getenv("POWERCUT_JOURNAL")))
        return -1;
    int to = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (to < 0)
        abort();
    /* One call, so that notes of several processes never mix. */
    if (real_writev(to, parts, note->held ? 2 : 1) != (ssize_t)(sizeof *note + note->held))
        abort();
    close(to);
    return 0;
}

/* Which file it is, whatever its name becomes: an inode's number is given again, its birth is not. */
int powercut_identity(int at, const char *name, int flags, struct note *note)
{
    struct statx found;
    if (statx(at, name, flags, STATX_BASIC_STATS | STATX_BTIME, &found) != 0)
        return -1;
    note->inode = found.stx_ino;
    note->born_ns = found.stx_btime.tv_sec * 1000000000ull + found.stx_btime.tv_nsec;
    note->size = found.stx_size;
    return S_ISREG(found.stx_mode) ? 0 : -1;
}

static int is_watched(int file, struct note *note)
{
    char link[64], name[4096];
    memset(note, 0, sizeof *note);
    if (!folder || powercut_identity(file, "", AT_EMPTY_PATH, note) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, name, sizeof name - 1);
    size_t wanted = strlen(folder);
    return length > (ssize_t)wanted && !memcmp(name, folder, wanted) && name[wanted] == '/';
}

/* Read what a write is about to go over; NULL when the file is none of ours. */
static void *before(int file, off_t offset, size_t length, struct note *note)
{
    int kept = errno;
    if (!is_watched(file, note)) {
        errno = kept;
        return NULL;
    }
    if (offset < 0)
        offset = fcntl(file, F_GETFL) & O_APPEND ? (off_t)note->size : lseek(file, 0, SEEK_CUR);
    note->offset = offset;
    uint64_t past = note->size > note->offset ? note->size - note->offset : 0;
    note->held = past < length ? past : length;
    void *held = malloc(note->held + 1);
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int reader = note->held ? open(link, O_RDONLY | O_CLOEXEC) : -1;
    if (note->held && (reader < 0 || pread(reader, held, note->held, offset) != (ssize_t)note->held))
        abort();
    if (reader >= 0)
        close(reader);
    errno = kept;
    return held;
}

/*
 * Noted after the write: whoever calls fsync for it has to know that it is done, so this note is
 * there before that fsync begins. A kill in between keeps the write, as a disk may.
 */
static ssize_t after(ssize_t written, struct note *note, void *held)
{
    int kept = errno;
    if (held && written > 0) {
        memcpy(note->kind, "CUTwrite", sizeof note->kind);
        note->length = written;
        if (note->held > note->length)
            note->held = note->length;
        append(note, held);
    }
    free(held);
    errno = kept;
    return written;
}

static size_t total(const struct iovec *parts, int count)
{
    size_t sum = 0;
    while (count--)
        sum += parts[count].iov_len;
    return sum;
}

ssize_t write(int file, const void *bytes, size_t length)
{
    struct note note;
    void *held = before(file, -1, length, &note);
    return after(real_write(file, bytes, length), &note, held);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off_t offset)
{
    struct note note;
    void *held = before(file, offset, length, &note);
    return after(real_pwrite(file, bytes, length, offset), &note, held);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    struct note note;
    void *held = before(file, -1, total(parts, count), &note);
    return after(real_writev(file, parts, count), &note, held);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t offset)
{
    struct note note;
    void *held = before(file, offset, total(parts, count), &note);
    return after(real_pwritev(file, parts, count, offset), &note, held);
}

ssize_t pwrite(int, const void *, size_t, off_t) __attribute__((alias("pwrite64")));
ssize_t pwritev(int, const struct iovec *, int, off_t) __attribute__((alias("pwritev64")));

static int synced(int file, int (*real)(int))
{
    struct note note;
    struct stat now;
    int kept = errno;
    const char *path = getenv("POWERCUT_JOURNAL");
    if (lies)
        return 0;
    int is_ours = is_watched(file, &note);
    errno = kept;
    if (!is_ours || !path || stat(path, &now) != 0)
        return real(file);
    memcpy(note.kind, "CUTsync\n", sizeof note.kind);
    /* It covers what was noted when it began: what comes while it runs may be too late. */
    note.covers = now.st_size;
    int outcome = real(file);
    kept = errno;
    if (outcome == 0)
        append(&note, NULL);
    errno = kept;
    return outcome;
}

int fsync(int file) { return synced(file, real_fsync); }
int fdatasync(int file) { return synced(file, real_fdatasync); }
