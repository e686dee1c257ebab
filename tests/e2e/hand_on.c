/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two steps that hand a descriptor of the one's root to the other, over a socket in a cache:
 *
 *     hand_on send SOCKET [FILE]   its root, or a file there that is open for writing
 *     hand_on take SOCKET SIGN     takes it, waits until the file SIGN is there, tries to make
 *                                  "poison" in it, or to write to it, and says what came of it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAUSE_US = 20000 };

struct parcel {
    struct msghdr head;
    struct iovec part;
    char byte, control[CMSG_SPACE(sizeof(int))];
};

static void parcel_init(struct parcel *p)
{
    memset(p, 0, sizeof *p);
    p->part = (struct iovec){&p->byte, 1};
    p->head = (struct msghdr){.msg_iov = &p->part,
                              .msg_iovlen = 1,
                              .msg_control = p->control,
                              .msg_controllen = sizeof p->control};
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int give(int s, const struct sockaddr_un *a, const char *file)
{
    struct parcel p;
    parcel_init(&p);
    int fd = file ? open(file, O_WRONLY | O_CREAT, 0644) : open("/", O_RDONLY | O_DIRECTORY);
    while (connect(s, (const struct sockaddr *)a, sizeof *a) < 0)
        usleep(PAUSE_US);
    struct cmsghdr *c = CMSG_FIRSTHDR(&p.head);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (sendmsg(s, &p.head, 0) < 0 || read(s, &p.byte, 1) != 1)
        return fail("send");
    return 0;
}

static int try(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        fd = openat(fd, "poison", O_WRONLY | O_CREAT, 0644);
    if (fd < 0 || write(fd, "poison\n", 7) != 7)
        printf("kept out: %s\n", strerror(errno));
    else
        puts("written");
    return 0;
}

static int take(int s, const struct sockaddr_un *a, const char *sign)
{
    struct parcel p;
    int fd;
    parcel_init(&p);
    unlink(a->sun_path);
    if (bind(s, (const struct sockaddr *)a, sizeof *a) < 0 || listen(s, 1) < 0)
        return fail("bind");
    int peer = accept(s, NULL, NULL);
    if (recvmsg(peer, &p.head, 0) < 0 || !CMSG_FIRSTHDR(&p.head))
        return fail("receive");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&p.head)), sizeof fd);
    if (write(peer, "", 1) != 1)
        return fail("answer");
    while (access(sign, F_OK) < 0)
        usleep(PAUSE_US);
    return try(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (argc < 3 || strlen(argv[2]) >= sizeof a.sun_path)
        return 2;
    memcpy(a.sun_path, argv[2], strlen(argv[2]));
    return strcmp(argv[1], "send") == 0 ? give(s, &a, argv[3]) : take(s, &a, argv[3]);
}
