/* Runs part of a test in a child process after fork. */
#ifndef TPMTBS_IN_CHILD_H
#define TPMTBS_IN_CHILD_H

#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

/*
 * Fails the test if the child fails. The child ends with exec, because leak checkers would report memory of threads
 * that do not exist in it.
 */
static inline void in_child(void (*part)(void))
{
    fflush(NULL);
    pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        alarm(30);
        part();
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
