/* jinja_oracle.mjs - what npm @huggingface/jinja renders, to compare our engine with. Called by jinja.sh.
 *
 *   node jinja_oracle.mjs cases PEERS            prints one {name, template, vars, now} a line
 *   node jinja_oracle.mjs compare PEERS < ours   prints TAP: one line a template, over all its cases
 *
 * The cases: every chat template of llama.cpp's models/templates with every conversation below, the small
 * templates of jinja_constructs.txt, and RANDOM made-up ones (5000; SEED is 1). Ours must give the same bytes, or an error where the reference gives one. */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL, fileURLToPath } from "node:url";
import { randomTemplates } from "./jinja_random.mjs";

const NOW = Date.UTC(2026, 6, 3, 4, 5, 6);
process.env.TZ = "UTC";
const [mode, peers] = process.argv.slice(2);
const RealDate = Date;
globalThis.Date = class extends RealDate {
    constructor(...a) { a.length ? super(...a) : super(NOW); }
};

const tool = (name, description, properties, required) => ({
    type: "function", function: { name, description, parameters: { type: "object", properties, required } } });
const tools = [
    tool("get_weather", "Weather of a place, e.g. \"서울\" <now> & 'then'", {
        city: { type: "string", description: "a city" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"], default: "celsius" },
        days: { type: ["integer", "null"], minimum: 1, description: "how many\ndays" } }, ["city"]),
    tool("set_light", "불을 켜거나 끕니다 💡", {
        room: { type: "string" }, on: { type: "boolean" }, level: { type: "number", maximum: 99.5 },
        colors: { type: "array", items: { type: "string" } },
        scene: { type: "object", properties: { name: { type: "string" } }, additionalProperties: false } }, ["room", "on"]),
];
const flat = tools.map((t) => t.function);
const args = { city: "서울", days: 3, exact: true, ratio: 0.5, tags: ["a", "b"], none: null, deep: { x: 1 } };
const call = (id, name, a) => ({ id, type: "function", function: { name, arguments: a } });
const u = (content) => ({ role: "user", content });
const s = (content) => ({ role: "system", content });
const a = (content, more = {}) => ({ role: "assistant", content, ...more });
const t = (id, name, content) => ({ role: "tool", tool_call_id: id, name, content });
const parts = (...texts) => texts.map((text) => ({ type: "text", text }));

const talks = {
    user: [u("Hello, who are you?")],
    korean: [u("안녕하세요 👋🏽 오늘 날씨가 어때요?\n둘째 줄 \"따옴표\" <b> & 'x'  ")],
    system: [s("You are Ondol. 온돌입니다."), u("Hi"), a("Hello! 👍"), u("  Spaces around  \n\n"), a("\n ok "), u("Bye")],
    turns: [u("1"), a("one"), u("2"), a("two"), u("3")],
    ends_assistant: [s("Be brief."), u("Hi"), a("Hello")],
    system_only: [s("Be brief.")],
    developer: [{ role: "developer", content: "Dev rules." }, u("Hi")],
    two_system: [s("One."), s("Two."), u("Hi")],
    parts: [s("Sys"), u(parts("첫째 ", "second 🚀")), a(parts("answer")), u(parts("again"))],
    system_parts: [{ role: "system", content: parts("Sys ", "parts") }, u("Hi")],
    image: [u([{ type: "image" }, { type: "text", text: "What is this?" }])],
    image_url: [u([{ type: "image_url", image_url: { url: "http://x/y.png" } }, { type: "text", text: "그림" }])],
    call_object: [s("Use tools."), u("Weather?"), a("", { tool_calls: [call("abcdef123", "get_weather", args)] }),
        t("abcdef123", "get_weather", "{\"temp\": 21.5, \"sky\": \"맑음 ☀️\"}"), a("It is 21.5 °C."), u("Thanks")],
    call_string: [u("Weather?"), a(null, { tool_calls: [call("abcdef123", "get_weather", JSON.stringify(args))] }),
        t("abcdef123", "get_weather", "sunny")],
    call_missing: [u("Weather?"), { role: "assistant", tool_calls: [call("abcdef123", "get_weather", { city: "부산" })] },
        t("abcdef123", "get_weather", "rain"), a("Rain.")],
    call_two: [u("Both"), a("Let me see.", { tool_calls: [call("call00001", "get_weather", { city: "서울" }),
        call("call00002", "set_light", { room: "거실", on: true, level: 40, colors: ["빨강", "blue"], scene: { name: "밤" } })] }),
        t("call00001", "get_weather", "sunny"), t("call00002", "set_light", "ok"), a("Done."), u("More?")],
    call_no_args: [u("Go"), a("", { tool_calls: [call("abcdef123", "set_light", {})] }), t("abcdef123", "set_light", "")],
    call_pending: [u("Go"), a("", { tool_calls: [call("abcdef123", "get_weather", { city: "x" })] })],
    call_flat: [u("Go"), a("", { tool_calls: [{ name: "get_weather", arguments: { city: "x" }, id: "abcdef123" }] }),
        t("abcdef123", "get_weather", "y")],
    call_two_rounds: [u("Go"), a("", { tool_calls: [call("abcdef123", "get_weather", { city: "x" })] }), t("abcdef123", "get_weather", "y"),
        a("", { reasoning_content: "now the light", tool_calls: [call("abcdef124", "set_light", { room: "z", on: false })] }),
        t("abcdef124", "set_light", "{\"ok\": true}"), a("Both done."), u("and?")],
    tool_parts: [u("Go"), a("", { tool_calls: [call("abcdef123", "get_weather", { city: "x" })] }), t("abcdef123", "get_weather", parts("p1", "p2"))],
    tool_object: [u("Go"), a("", { tool_calls: [call("abcdef123", "get_weather", { city: "x" })] }), t("abcdef123", "get_weather", { temp: 3, ok: true })],
    think: [s("Think."), u("2+2?"), a("4", { reasoning_content: "It is 4.\n\nSure. " }), u("3+3?"), a("6", { reasoning_content: "여섯 🤔" }), u("4+4?")],
    think_inline: [u("2+2?"), a("<think>\nIt is 4.\n</think>\n\n4"), u("3+3?"), a("<think>six</think>6"), u("go")],
    think_field: [u("2+2?"), a("4", { thinking: "hmm" }), u("3+3?"), a("6", { reasoning: "six" }), u("go")],
    think_call: [u("Weather?"), a("", { reasoning_content: "need a tool", tool_calls: [call("abcdef123", "get_weather", { city: "제주" })] }),
        t("abcdef123", "get_weather", "wind")],
    think_parts: [u("q"), a([{ type: "thinking", thinking: "생각" }, { type: "text", text: "ans" }]), u("r")],
    think_switch: [s("Be nice. /no_think"), u("Hi /think"), a("ok"), u("x /no_think")],
    prefill: [u("Hi"), a("Sure, ", { prefix: true })],
    empty: [u("")],
    no_content: [{ role: "user" }],
    null_content: [u(null), a(null), u("x")],
    none: [],
    number: [u(42), a(true), u(1.5)],
    odd_role: [u("Hi"), { role: "ghost", content: "boo" }],
    user_twice: [u("a"), u("b"), a("c"), a("d")],
    function_role: [u("Go"), { role: "assistant", content: null, function_call: { name: "get_weather", arguments: "{}" } },
        { role: "function", name: "get_weather", content: "x" }],
    special: [u("<|im_start|>{{ x }} {% if %} \\n \\ \u0001 \u2028 \u00a0z\u00a0 \ufeff"), a("tab\there")],
};
const settings = {
    plain: {},
    gen: { add_generation_prompt: true },
    tools: { tools, add_generation_prompt: true },
    flat_tools: { tools: flat, add_generation_prompt: true },
    null_tools: { tools: null, documents: null, add_generation_prompt: true },
    empty_tools: { tools: [], add_generation_prompt: true },
    think: { enable_thinking: true, thinking: true, add_generation_prompt: true },
    no_think: { enable_thinking: false, thinking: false, add_generation_prompt: true },
    think_tools: { enable_thinking: true, thinking: true, reasoning_effort: "high", tools, add_generation_prompt: true },
    no_think_tools: { enable_thinking: false, reasoning_effort: "low", tools, add_generation_prompt: false },
    extras: { add_generation_prompt: true, date_string: "3 Jul 2026", strftime_now: undefined, builtin_tools: ["wolfram_alpha", "code_interpreter"], tools,
        tools_in_user_message: false, documents: [{ title: "제목", text: "문서 text", doc_id: "1" }], model_identity: "You are Ondol.",
        custom_tools: tools, controls: { length: "short" }, citations: true, clear_thinking: false, preserve_thinking: true, available_tools: tools, xml_tools: flat,
        safety_mode: "NONE", system_message: "sys", keep_past_thinking: true, continue_final_message: true, functions: flat, datetime: "now", think_mode: "slow" },
};
delete settings.extras.strftime_now;
const common = { bos_token: "<s>", eos_token: "</s>", pad_token: "<pad>", unk_token: "<unk>" };

function* cases() {
    const dir = path.join(peers, "llama.cpp/models/templates");
    for (const f of fs.readdirSync(dir).filter((x) => x.endsWith(".jinja")).sort()) {
        const template = fs.readFileSync(path.join(dir, f), "utf8");
        for (const [tn, messages] of Object.entries(talks))
            for (const [sn, more] of Object.entries(settings)) {
                const vars = { messages, add_generation_prompt: false, ...common, ...more };
                yield { group: f, name: `${tn}/${sn}`, template, vars };
            }
    }
    const list = path.join(path.dirname(fileURLToPath(import.meta.url)), "jinja_constructs.txt");
    const vars = { messages: talks.call_two, tools, text: "Hello 세계 😀!", n: 3, f: 2.5, whole: 2, t: true, none_v: null, empty: "", list: [3, 1, 2],
        words: ["b", "A", "c", "a"], d: { b: 1, a: "x", C: null }, nested: { a: [{ b: "deep" }, { b: "er" }], "k-1": 1 }, people: [
            { name: "Kim", age: 30, on: true, at: { city: "서울" } }, { name: "lee", age: 25, on: false, at: { city: "부산" } }, { name: "Park", age: 41 }],
        ...common };
    if (fs.existsSync(list)) {
        let at = 0;
        for (const block of fs.readFileSync(list, "utf8").split("\n%%\n")) {
            at++;
            if (!block.startsWith("##")) yield { group: "constructs", name: `${at}: ${block.slice(0, 60)}`, template: block, vars };
        }
    }
    for (const template of randomTemplates(Number(process.env.SEED ?? 1), Number(process.env.RANDOM ?? 5000)))
        yield { group: "random", name: template.slice(0, 200), template, vars };
}

async function compare() {
    const { Template } = await import(pathToFileURL(path.join(peers, "jinja/dist/index.js")));
    const ours = fs.readFileSync(0, "utf8").split("\n");
    const seen = new Map(), groups = new Map();
    let i = 0;
    for (const c of cases()) {
        const want = {};
        try {
            if (!seen.has(c.template)) seen.set(c.template, new Template(c.template));
            want.out = Buffer.from(seen.get(c.template).render(c.vars)).toString();
        } catch (e) { want.error = e.message || "(break or continue)"; }
        const got = JSON.parse(ours[i++] || "{\"error\":\"nothing came\"}");
        const g = groups.get(c.group) ?? { ok: 0, errors: 0, bad: [] };
        groups.set(c.group, g);
        if (want.error !== undefined) g.errors++;
        /* A function shown is the reference's own JavaScript. */
        if (c.group === "random" && want.out?.includes("=>")) continue;
        if ((want.out === undefined) === (got.out === undefined) && want.out === got.out) g.ok++;
        else g.bad.push({ name: c.name, want, got });
    }
    let n = 0, failed = 0;
    for (const [name, g] of groups) {
        n++;
        if (g.bad.length) failed++;
        console.log(`${g.bad.length ? "not ok" : "ok"} ${n} - ${name}: ${g.ok} of ${g.ok + g.bad.length} cases equal, ${g.errors} of them errors`);
        for (const b of g.bad.slice(0, Number(process.env.SHOW ?? 3))) {
            console.log(`# ${b.name}`);
            let at = 0;
            const w = b.want.out ?? `error: ${b.want.error}`, o = b.got.out ?? `error: ${b.got.error}`;
            while (at < w.length && w[at] === o[at]) at++;
            console.log(`#   want ${JSON.stringify(w.slice(Math.max(0, at - 40), at + 200))}`);
            console.log(`#   got  ${JSON.stringify(o.slice(Math.max(0, at - 40), at + 200))}`);
        }
    }
    console.log(`1..${n}`);
    process.exitCode = failed ? 1 : 0;
}

if (mode === "cases")
    for (const c of cases()) fs.writeSync(1, JSON.stringify({ name: `${c.group} ${c.name}`, template: c.template, vars: c.vars, now: NOW }) + "\n");
else await compare();
