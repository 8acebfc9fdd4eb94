/* pack.h - the sentence files that are embedded in the binary (gen/packs.c, by tools/embed.sh). */
#ifndef OND_TALK_PACK_H
#define OND_TALK_PACK_H

#include "talk/talk.h"

typedef struct ond__pack_file {
    const char *lang;           /* "ko" */
    const char *name;           /* "ko/light.yaml", for messages */
    const unsigned char *bytes; /* [size], and a NUL */
    size_t size;
} ond__pack_file;

extern const ond__pack_file ond__pack_files[];
extern const unsigned ond__pack_file_count;

/* The built-in files of a language, for a grammar with more files: fills out[0..max), returns how
 * many there are. */
size_t ond_pack_texts(const char *lang, ond_talk_text *out, size_t max);

#endif
