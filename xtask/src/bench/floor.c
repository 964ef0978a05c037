/* The least that hooks around a program can cost: a socket, a fork and an exec, a socket.
   floor PORT PROGRAM WORDS... */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int post(int port, const char *path) {
    char text[1024];
    const char *body = "{\"phase\":\"any\",\"event\":\"backup\",\"sourcePath\":\"/data\"}";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int length = snprintf(text, sizeof text,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          path, port, strlen(body), body);
    int ok = 0;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s >= 0 && connect(s, (struct sockaddr *)&to, sizeof to) == 0 && write(s, text, length) == length &&
        read(s, text, sizeof text) > 12)
        ok = strncmp(text + 9, "200", 3) == 0;
    close(s);
    return ok;
}

int main(int count, char **words) {
    int status = 1, port = count > 2 ? atoi(words[1]) : 0;
    pid_t child;
    if (!post(port, "/pre"))
        return 1;
    child = fork();
    if (child == 0) {
        execvp(words[2], words + 2);
        _exit(127);
    }
    if (child > 0)
        waitpid(child, &status, 0);
    if (!post(port, "/post"))
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
