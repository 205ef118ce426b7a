// Elements with attributes and children in one call; text is only ever text, never markup.
// Next: measure.js, which builds with it.
import { t } from "./words.js";

// el("button", { class: "primary", onclick: act }, "text", node, ...); null children are left out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "width") node.style.setProperty("width", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return node;
}

// A picture that adds nothing to the words beside it has an empty alternative.
export function icon(name, key = "") {
  return el("img", { src: `/static/icons/${name}.svg`, alt: key ? t(key) : "", class: "icon" });
}

export function button(key, act, kind = "") {
  return el("button", { type: "button", class: kind, onclick: act, id: `do-${key.replaceAll(".", "-")}` }, t(key));
}

export function field(id, key, input) {
  input.id = id;
  return el("div", { class: "field" }, el("label", { for: id }, t(key)), input);
}

export function problem(error) {
  return el("div", { class: "problem", role: "alert" }, icon("fault"),
    el("div", {}, el("p", { class: "what" }, error.text), error.remedy ? el("p", { class: "remedy" }, error.remedy) : null));
}
