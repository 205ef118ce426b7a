// Every text of the screen comes from words/LANGUAGE.json; nothing is spelled anywhere else.
// Next: dom.js, which makes elements of it.

let words = {};

export const language = document.documentElement.lang;

export async function loadWords() {
  const answer = await fetch(`/static/words/${language}.json`);
  words = await answer.json();
}

// The text of a key, with {name} replaced; a key that is missing shows itself.
export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function has(key) {
  return words[key] !== undefined;
}

// Sentences of the analyzer or the model, translated where the catalogue knows them: each whole, or
// as one with {1}, {2} in the place of its values. What it does not know stays as it is.
export function said(text) {
  const parts = [text, ...text.split(SENTENCES)];
  const [whole, ...each] = parts.map(known);
  const told = whole ?? each.map((one, n) => one ?? parts[n + 1]).join(" ");
  return told.replaceAll(/cm-1\b/g, "cm⁻¹");
}

const SENTENCES = /(?<=[.!])\s+(?=[A-ZÄÖÜ\x60])/;
const SAID = "said.";
let patterns = null;

function known(text) {
  const exact = words[SAID + text];
  if (exact !== undefined) return exact;
  patterns ??= Object.keys(words).filter((key) => key.startsWith(SAID) && key.includes("{1}"))
    .sort((one, other) => literal(other) - literal(one)) // of two that fit, the one that says more
    .map((key) => [pattern(key.slice(SAID.length)), key]);
  for (const [expression, key] of patterns) {
    const found = expression.exec(text);
    if (found) return t(key, found.map(value));
  }
  return undefined;
}

const literal = (key) => key.replaceAll(/\{\d\}/g, "").length;
const pattern = (text) => new RegExp(`^${text.split(/\{\d\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+?)")}$`, "s");

// A value in a sentence: numbers and lists as the language writes them.
function value(text) {
  if (/^[-+]?\d+\.\d+$/.test(text)) return new Intl.NumberFormat(language, { minimumFractionDigits: text.split(".")[1].length }).format(Number(text));
  return text.replaceAll(/less than 1%/g, t("less_than_one"))
    .replaceAll(/(\d)%/g, (_, digit) => t("percent", { n: digit }))
    .replaceAll(/(?<= )(and|or)(?= )/g, (_, word) => t("list." + word));
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function percent(value) {
  if (value === null || value === undefined) return "–";
  return value > 0 && value < 0.005 ? t("less_than_one") : t("percent", { n: number(100 * value) });
}

export function when(utc) {
  if (!utc) return "";
  const date = new Date(utc);
  const text = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "medium", timeStyle: "medium", timeZone: "UTC",
  }).format(date);
  return t("utc", { time: text });
}

// Fill elements that name their text: data-word, and data-word-label for the accessible name.
export function fill(root) {
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
  for (const node of root.querySelectorAll("[data-word-label]")) {
    node.setAttribute("aria-label", t(node.dataset.wordLabel));
  }
}
