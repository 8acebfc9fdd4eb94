/* dir.h - the YAML files of a folder, read into memory in the order of their names. */
#ifndef OND_TALK_DIR_H
#define OND_TALK_DIR_H

#include "talk/talk.h"

typedef struct ond__texts {
    ond_talk_text *v; /* names and texts are owned */
    size_t n, cap;
} ond__texts;

/* Appends the *.yaml files of a folder. OND_E_NOT_FOUND where there is no such folder. */
OND_CHECKED int ond__texts_of_dir(ond__texts *t, const char *dir, ond_err *err);
OND_CHECKED int ond__texts_of_file(ond__texts *t, const char *path, ond_err *err);
void ond__texts_free(ond__texts *t);

#endif
