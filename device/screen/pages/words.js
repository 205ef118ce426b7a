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

// A sentence of the analyzer or the model, translated where the catalogue knows it.
export function said(text) {
  return words[`said.${text}`] ?? text;
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
  const text = new Intl.DateTimeFormat(language, {
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
