/* watch.c - the scripts' text. NAME stands for the event's drawn name. */
#include "hand/web/watch.h"

#include "base/str.h"
#include "sys/file.h"

#include <stdio.h>

/* In the page's world. Messages: "t ID MS PARENT" a timer of at most a second was set while
 * PARENT's callback ran (0: none), "d ID" it is done or was cleared, "a" an interval or a frame was
 * asked for. */
static const char page_text[] =
    "(() => {\n"
    "const w = window, d = document, {apply} = Reflect, P = Proxy, E = CustomEvent,\n"
    "  dispatch = EventTarget.prototype.dispatchEvent;\n"
    "let running = 0;\n"
    "const tell = text => apply(dispatch, d, [new E('NAME', {detail: text})]);\n"
    "const wrap = (name, f) => { try { w[name] = new P(w[name], {apply: f}); } catch {} };\n"
    "const within = (id, fn) => function (...a) {\n"
    "  const before = running; running = id();\n"
    "  try { return apply(fn, this, a); } finally { running = before; }\n"
    "};\n"
    "wrap('setTimeout', (f, self, args) => {\n"
    "  const ms = +args[1] || 0;\n"
    "  if (typeof args[0] !== 'function' || ms > 1000) return apply(f, self, args);\n"
    "  let id = 0;\n"
    "  const inner = within(() => id, args[0]);\n"
    "  args[0] = function (...a) {\n"
    "    try { return apply(inner, this, a); } finally { tell('d ' + id); }\n"
    "  };\n"
    "  id = apply(f, self, args);\n"
    "  tell('t ' + id + ' ' + ms + ' ' + running);\n"
    "  return id;\n"
    "});\n"
    "wrap('clearTimeout', (f, self, args) => {\n"
    "  if (args[0]) tell('d ' + args[0]);\n"
    "  return apply(f, self, args);\n"
    "});\n"
    "wrap('setInterval', (f, self, args) => {\n"
    "  tell('a ' + running);\n"
    "  if (typeof args[0] !== 'function') return apply(f, self, args);\n"
    "  let id = -1;\n"
    "  args[0] = within(() => id, args[0]);\n"
    "  return id = apply(f, self, args);\n"
    "});\n"
    "wrap('requestAnimationFrame', (f, self, args) => {\n"
    "  tell('a ' + running);\n"
    "  if (typeof args[0] === 'function') { const was = running; args[0] = within(() => was, "
    "args[0]); }\n"
    "  return apply(f, self, args);\n"
    "});\n"
    "})()";

/* In the isolated world. mark(): what begins from here on was caused by the action. quiet(busy,
 * most): resolves when a frame passes in which nothing was changed; if the action started something
 * (or `busy`, as seen from outside), when its timers and animations are done and nothing has
 * changed for 50 ms; in any case after `most` ms, and after 1000 ms in which nothing but changes
 * goes on. Timers count that the action set, and those that these set, four deep; not those of
 * older timers. */
static const char isolated_text[] =
    "(() => {\n"
    "if (globalThis.ondol) return;\n"
    "const now = () => performance.now(), QUIET = 50, RESTLESS = 1000, DEEP = 4, COUNTED = 32;\n"
    "let changes = 0, changed = 0, active = false, began = now(), counted = 0;\n"
    "const depth = new Map(), due = new Map();\n"
    "new MutationObserver(l => { changes += l.length; changed = now(); }).observe(document,\n"
    "  {subtree: true, childList: true, attributes: true, characterData: true});\n"
    "addEventListener('NAME', e => {\n"
    "  const [kind, a, b, c] = String(e.detail).split(' ');\n"
    "  if (kind === 't') {\n"
    "    const of = +c, level = of ? depth.has(of) ? depth.get(of) + 1 : DEEP + 1 : 0;\n"
    "    if (level > DEEP || counted >= COUNTED) return;\n"
    "    counted++; active = true; depth.set(+a, level); due.set(+a, now() + +b);\n"
    "  } else if (kind === 'd') due.delete(+a);\n"
    "  else if (kind === 'a' && (+a === 0 || depth.has(+a))) active = true;\n"
    "}, true);\n"
    "const waits = () => {\n"
    "  for (const [id, t] of due) if (now() < t + 500) return true;\n"
    "  return false;\n"
    "};\n"
    "const moves = () => {\n"
    "  for (const a of document.getAnimations()) {\n"
    "    if (a.playState !== 'running' || !a.effect) continue;\n"
    "    const t = a.effect.getComputedTiming();\n"
    "    if (t.endTime - (a.currentTime || 0) <= 2000) return true;\n"
    "  }\n"
    "  return false;\n"
    "};\n"
    "const frame = () => new Promise(f => {\n"
    "  const slow = setTimeout(f, 100);\n"
    "  requestAnimationFrame(() => { clearTimeout(slow); f(); });\n"
    "});\n"
    "globalThis.ondol = {\n"
    "  mark() { active = false; counted = 0; depth.clear(); due.clear(); began = now(); changes = "
    "0; return 1; },\n"
    "  async quiet(busy, most) {\n"
    "    const start = now();\n"
    "    let how = 'late', seen = changes, restless = start;\n"
    "    while (now() - start < most) {\n"
    "      await frame();\n"
    "      const busier = waits() || moves();\n"
    "      if (busier) { active = true; restless = now(); }\n"
    "      if (!busy && !active) {\n"
    "        if (seen === changes) { how = 'frame'; break; }\n"
    "      } else if (!busier && now() - Math.max(changed, start) >= QUIET) { how = 'quiet'; "
    "break; }\n"
    "      if (now() - restless > RESTLESS) { how = 'restless'; break; }\n"
    "      seen = changes;\n"
    "    }\n"
    "    return {how, changes, ms: now() - start};\n"
    "  }\n"
    "};\n"
    "})()";

/* The text with NAME replaced. */
static char *named(const char *text, const char *name)
{
    ond_buf b = {0};
    for (const char *at; (at = strstr(text, "NAME")) != NULL; text = at + 4) {
        ond_buf_put(&b, text, (size_t)(at - text));
        ond_buf_puts(&b, name);
    }
    ond_buf_puts(&b, text);
    return ond_buf_take(&b);
}

static const char *drawn_name(void)
{
    static char name[32];
    unsigned char chance[12];
    if (name[0]) return name;
    ond_random(chance, sizeof chance);
    for (size_t i = 0; i < sizeof chance; i++) snprintf(name + 2 * i, 3, "%02x", chance[i]);
    return name;
}

const char *ond__watch_isolated(void)
{
    static char *text;
    if (!text) text = named(isolated_text, drawn_name());
    return text;
}

const char *ond__watch_page(void)
{
    static char *text;
    if (!text) text = named(page_text, drawn_name());
    return text;
}
