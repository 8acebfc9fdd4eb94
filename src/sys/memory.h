/* memory.h - private to sys: what /proc and the control groups say, under any root (tests make one of their own). */
#ifndef OND_SYS_MEMORY_H
#define OND_SYS_MEMORY_H

#include <stddef.h>

/* root: "" for the machine's own /proc and /sys. 0 where nothing can be read. */
void ond__memory_read(const char *root, size_t *total, size_t *available);
/* Cores that the quota of the control group pays for, rounded up; 0: no quota. */
int ond__cores_quota(const char *root);

#endif
