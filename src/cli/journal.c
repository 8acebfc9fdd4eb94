/* journal.c - the rows of `ondol log` for people: a task, and below it what it did. */
#include "cli/cli.h"

#include "sys/clock.h"

/* "2026-11-23 18:44:41" in the zone of the output. */
static void put_time(ond_buf *out, const char *iso)
{
    ond_ms t = 0;
    ond_civil civil;
    if (ond_iso_parse(ond_str_of(iso), ond_zone(), &t, NULL) != 0) return;
    ond_civil_of(t, ond_zone(), &civil);
    ond_buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", civil.year, civil.month, civil.day,
                   civil.hour, civil.minute, civil.second);
}

static void print_row(const ond_cli *c, const cJSON *event)
{
    ond_buf head = {0};
    bool first = ond_json_num(event, "task", 0) == ond_json_num(event, "id", 0);
    ond_buf_printf(&head, "%6.0f  ", ond_json_num(event, "id", 0));
    put_time(&head, ond_json_str(event, "at", ""));
    printf("%s%s%s%s  ", ond__on(c, first ? OND__PLAIN : OND__DIM), ond_buf_z(&head), ond__off(c),
           first ? "" : "  ");
    ond__pad(stdout, ond_json_str(event, "kind", ""), first ? 11 : 9);
    printf("%s", first ? ond__on(c, OND__BOLD) : "");
    ond_buf_clear(&head);
    ond_buf_puts(&head, ond_json_str(event, "text", ""));
    if (head.n == 0 && cJSON_IsObject(ond_json_get(event, "body")))   /* a kind without words */
        ond_json_print(&head, ond_json_get(event, "body"));
    ond__print_safe(stdout, ond_buf_z(&head));
    printf("%s\n", first ? ond__off(c) : "");
    ond_buf_free(&head);
}

void ond__print_log(const ond_cli *c, const cJSON *log)
{
    const cJSON *events = ond_json_get(log, "events"), *event;
    if (!events || !events->child) OND__SAY(c, stdout, OND_M_CLI_LOG_EMPTY, "");
    cJSON_ArrayForEach(event, events) print_row(c, event);
}
