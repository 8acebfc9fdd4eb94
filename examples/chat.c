/* chat.c - a conversation: chat MODEL.gguf; lines from standard input, an empty line ends. Ctrl-C
 * stops an answer. */
#include <ondol.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static ond_engine *engine;

static void stop(int sig)
{
    (void)sig;
    ond_engine_interrupt(engine);
}

static int hear(void *self, const ond_piece *piece)
{
    ond_text *answer = self;
    fwrite(piece->text, 1, piece->n, stdout);
    for (size_t i = 0; i < piece->n && answer->n + 1 < answer->cap; i++)
        answer->p[answer->n++] = piece->text[i];
    return fflush(stdout);
}

/* Adds {"role", "content"} to a JSON array that is being written. */
static void say(char *json, size_t cap, const char *role, const char *text, size_t n)
{
    size_t at = strlen(json);
    at += (size_t)snprintf(json + at, cap - at, "%s{\"role\":\"%s\",\"content\":\"",
                           at > 1 ? "," : "", role);
    for (size_t i = 0; i < n && at + 16 < cap; i++) {
        unsigned char c = (unsigned char)text[i];
        at += (size_t)snprintf(json + at, cap - at,
                               c == '"' || c == '\\' ? "\\%c"
                               : c < 32              ? "\\u%04x"
                                                     : "%c",
                               c);
    }
    snprintf(json + at, cap - at, "\"}");
}

/* The timeline is set to the whole conversation: what it has in common with the last one is not
 * evaluated again. */
static int answer(ond_session *s, ond_sampler *p, const char *messages, ond_text *out, ond_err *err)
{
    ond_text prompt = {0};
    ond_tokens tok = {0};
    ond_generate_opts go = {.sampler = p, .piece = hear, .self = out};
    int rc = ond_chat_prompt(engine, messages, NULL, NULL, true, &prompt, err);
    if (rc == 0) rc = ond_encode(engine, prompt.p, prompt.n, OND_PARSE_SPECIAL, &tok, err);
    if (rc == 0) rc = ond_session_set(s, tok.p, tok.n, err);
    out->n = 0;
    if (rc == 0) rc = ond_session_generate(s, &go, NULL, err);
    ond_text_free(&prompt);
    ond_tokens_free(&tok);
    return rc == OND_E_INTERRUPTED ? 0 : rc;
}

int main(int argc, char **argv)
{
    static char json[1 << 16] = "[", whole[sizeof json + 2], line[4096], said[1 << 14];
    ond_text out = {.p = said, .cap = sizeof said};
    ond_sampler_opts so = {0};
    ond_session *s = NULL;
    ond_sampler *p = NULL;
    ond_err err;
    if (argc != 2) {
        fprintf(stderr, "usage: %s MODEL.gguf\n", argv[0]);
        return 2;
    }
    ond_sampler_usual(&so);
    int rc = ond_engine_open(&(ond_engine_opts){.path = argv[1]}, &engine, &err);
    if (rc == 0) rc = ond_session_open(engine, &s, &err);
    if (rc == 0) rc = ond_sampler_open(engine, &so, &p, &err);
    if (rc == 0) signal(SIGINT, stop);
    while (rc == 0 && fgets(line, sizeof line, stdin) && line[0] != '\n') {
        say(json, sizeof json, "user", line, strcspn(line, "\n"));
        snprintf(whole, sizeof whole, "%s]", json);
        rc = answer(s, p, whole, &out, &err);
        say(json, sizeof json, "assistant", out.p, out.n);
        putchar('\n');
    }
    if (rc != 0) fprintf(stderr, "%s\n", err.text);
    ond_sampler_close(p);
    ond_session_close(s);
    ond_engine_close(engine);
    return rc == 0 ? 0 : 1;
}
