/* bench_start.c - how long `ondol do` takes from exec to exit, cold process, warm files; and the idle memory of `ondol up`.
 *
 * usage: bench_start ONDOL [ROUNDS]. Works in a temporary folder. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static pid_t start(const char *ondol, char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        execv(ondol, argv);
        _exit(127);
    }
    return pid;
}

static int run(const char *ondol, char *const argv[], double *ms)
{
    double t0 = now_ms();
    int status = 0;
    waitpid(start(ondol, argv), &status, 0);
    *ms = now_ms() - t0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, double *ms, int n)
{
    qsort(ms, (size_t)n, sizeof *ms, by_size);
    printf("%-34s median %6.2f ms  p99 %6.2f ms  (%d runs)\n", what, ms[n / 2], ms[(int)(n * 0.99)], n);
}

static long resident_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
    if (f) fclose(f);
    return kib;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_start ONDOL [ROUNDS]\n");
        return 2;
    }
    int n = argc > 2 ? atoi(argv[2]) : 60;
    char *ondol = argv[1], dir[] = "/tmp/ondol-bench.XXXXXX";
    double *ms = calloc((size_t)n, sizeof *ms);
    if (n < 1 || !ms || !mkdtemp(dir)) return 1;
    setenv("HOME", dir, 1);
    setenv("XDG_RUNTIME_DIR", dir, 1);
    setenv("LC_ALL", "C", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_STATE_HOME");

    char *on[] = {ondol, "do", "거실 불 켜줘", NULL}, *off[] = {ondol, "do", "turn off the living room lights", NULL};
    double first;
    int rc = run(ondol, on, &first);
    printf("%-34s %6.2f ms  (makes the store and the key)\n", "ondol do, the very first", first);
    for (int i = 0; i < n && rc == 0; i++) rc = run(ondol, i % 2 ? on : off, &ms[i]);
    if (rc) {
        fprintf(stderr, "bench_start: ondol do exits %d\n", rc);
        return 1;
    }
    report("ondol do, in-process", ms, n);

    char *up[] = {ondol, "up", NULL};
    pid_t service = start(ondol, up);
    sleep(2);
    for (int i = 0; i < n && rc == 0; i++) rc = run(ondol, i % 2 ? on : off, &ms[i]);
    report("ondol do, through ondol up", ms, n);
    printf("%-34s %6.1f MB\n", "ondol up, resident", (double)resident_kib(service) / 1024);
    kill(service, SIGTERM);
    waitpid(service, NULL, 0);
    free(ms);
    char *rm[] = {"rm", "-rf", dir, NULL};
    pid_t pid = fork();
    if (pid == 0) execvp("rm", rm);
    waitpid(pid, NULL, 0);
    return rc != 0;
}
