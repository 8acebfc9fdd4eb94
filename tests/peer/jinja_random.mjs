/* jinja_random.mjs - made-up templates, the same ones for the same seed; for jinja_oracle.mjs. */

const atoms = ["text", "n", "f", "whole", "t", "none_v", "empty", "list", "words", "d", "nested", "people", "messages", "tools", "undef",
    "1", "0", "-1", "2.5", "1.0", "'a'", "'Hello'", "''", "' x '", "\"3\"", "true", "false", "none", "[]", "{}", "[1, 'a', none]",
    "{'a': 1, 'b': [2]}", "(1, 2)", "range(3)", "namespace(a=1)", "loop", "'1,2'", "[[1, 2], [3, 4]]", "[{'a': 1}, {'a': 2}]", "'한😀글'", "'a\\nb'"];
const operators = ["+", "-", "*", "/", "//", "%", "** 2 +", "~", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or"];
const filters = ["length", "upper", "lower", "trim", "title", "capitalize", "first", "last", "list", "sort", "reverse", "unique", "join",
    "join(', ')", "join('')", "string", "int", "float", "int(5)", "float()", "abs", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)",
    "default('z')", "default('z', true)", "items", "keys", "values", "dictsort", "dictsort(reverse=true)", "map(attribute='a')",
    "map(attribute='name')", "map(attribute='at.city', default='q')", "selectattr('a')", "selectattr('a', 'equalto', 'x')", "rejectattr('on')",
    "selectattr('age', 'odd')", "sort(attribute='a')", "sort(reverse=true)", "sort(case_sensitive=true)", "replace('a', 'b')",
    "replace('l', 'L', 1)", "indent", "indent(2, true)", "safe", "bool", "length()", "trim()", "get('a')", "items()", "nosuch"];
const tests = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "boolean", "true", "false",
    "odd", "even", "lower", "upper", "callable", "nosuch"];
const members = [".upper()", ".lower()", ".strip()", ".split()", ".split('l')", ".split(',', 1)", ".split(none, 1)", ".replace('a', 'b')",
    ".startswith('H')", ".endswith(['a', '!'])", ".items()", ".keys()", ".values()", ".get('a')", ".get('zz', 1)", ".length", ".a", ".b",
    ".name", "[0]", "[-1]", "[1:]", "[::-1]", "[:2]", "[-2:]", "[::2]", "['a']", "[n]", "[none]", ".title()", ".capitalize()", ".lstrip()",
    ".rstrip()", ".nosuch", ".nosuch()", ".dictsort()", "[5:1:-1]", "[0:0]", ".0"];

export function* randomTemplates(seed, count) {
    const rnd = (n) => {       /* mulberry32 */
        seed = (seed + 0x6D2B79F5) | 0;
        let x = Math.imul(seed ^ (seed >>> 15), seed | 1);
        x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
        return ((x ^ (x >>> 14)) >>> 0) % n;
    };
    const pick = (a) => a[rnd(a.length)];
    const expression = (d) => {
        if (d <= 0) return pick(atoms);
        switch (rnd(11)) {
        case 0: case 1: return `${expression(d - 1)} ${pick(operators)} ${expression(d - 1)}`;
        case 2: case 3: return `${expression(d - 1)} | ${pick(filters)}`;
        case 4: return `(${expression(d - 1)})${pick(members)}`;
        case 5: return `${pick(atoms)}${pick(members)}`;
        case 6: return `${expression(d - 1)} is ${pick(["", "not "])}${pick(tests)}`;
        case 7: return `${expression(d - 1)} if ${expression(d - 1)} else ${expression(d - 1)}`;
        case 8: return `[${expression(d - 1)}, ${expression(d - 1)}]`;
        case 9: return `${pick(["not ", "-", "+"])}${expression(d - 1)}`;
        default: return pick(atoms);
        }
    };
    const statement = (d) => {
        const minus = () => pick(["", "-", "", ""]), gap = () => pick(["", "\n", " ", "  \n"]);
        switch (rnd(d > 0 ? 9 : 3)) {
        case 0: return `${gap()}t${gap()}`;
        case 1: case 2: return `{{${minus()} ${expression(2)} ${minus()}}}`;
        case 3: return `{%${minus()} if ${expression(2)} ${minus()}%}${gap()}${statement(d - 1)}{%${minus()} else ${minus()}%}${statement(d - 1)}{% endif %}`;
        case 4: return `{%${minus()} for x in ${expression(1)}${pick(["", " if x", " if x == 1"])} ${minus()}%}${gap()}{{ x }}{{ loop.index }}${statement(d - 1)}`
            + `${pick(["", "{% if x %}{% continue %}{% endif %}", "{% if loop.index == 2 %}{% break %}{% endif %}"])}{%${minus()} endfor %}`;
        case 5: return `{%${minus()} set y = ${expression(2)} ${minus()}%}{{ y }}`;
        case 6: return `{%${minus()} macro m(a, b=${expression(1)}) ${minus()}%}${statement(d - 1)}{{ a }}{{ b }}{% endmacro %}{{ m(${expression(1)}) }}${gap()}`;
        case 7: return `{% for k, v in ${pick(["d.items()", "d | items", "nested.items()", "[[1, 2]]", "d | dictsort", expression(1)])} %}{{ k }}${gap()}{{ v }}{% endfor %}`;
        default: return `{% set q %}${statement(d - 1)}{% endset %}{{ q }}${gap()}{#${minus()} c ${minus()}#}${gap()}`;
        }
    };
    for (let i = 0; i < count; i++) yield rnd(3) ? `{{ ${expression(1 + rnd(3))} }}` : statement(2) + statement(1);
}
