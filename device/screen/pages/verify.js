// Deliveries: what they are tested for, that nothing else can be done meanwhile, and PASS or FAIL.
// Next: measure.js and card.js, where this is shown.
import { button, el, field, icon } from "./dom.js";
import { post } from "./station.js";
import { number, percent, said, t } from "./words.js";

export const TESTED = { PASS: "ok", FAIL: "fault", NOT_TESTED: "warning" };
// The sentences of a reason as the program says them, so that each language has its own.
const SENTENCES = [
  [/^(.+) cannot be told from (.+) in this spectrum\.$/, "material.why.twin"],
  [/^(.+) was not found; nothing of the library is named\.$/, "material.why.missing"],
  [/^(.+) was not found; named is (.+)\.$/, "material.why.instead"],
  [/^(.+) was not found; named are (.+)\.$/, "material.why.several"],
  [/^Beside what is wanted there is (.+)\.$/, "material.why.beside"],
  [/^There is signal that fits no compound of the library\.$/, "material.why.foreign"],
  [/^The verdict is \w+, not IDENTIFIED\.$/, "material.why.not_identified"],
  [/^How much (.+) is there is not known; asked for is (.+)\.$/, "material.why.no_share"],
  [/^(.+) is (.+); its interval is not within (.+)\.$/, "material.why.share"],
];
const MOST_METHOD_BYTES = 11000;
let shown = "";

const wantedText = (one) => one.share === null ? one.name
  : t("material.wanted", { name: one.name, share: percent(one.share), tolerance: percent(one.tolerance) });
const namesOf = (wanted) => wanted.map(wantedText).join(" + ");

// The banner over every room while deliveries are tested.
export function modeBanner(place, state, session) {
  const may = session.at_device && !state.locked && state.may.includes("arm");
  const now = JSON.stringify([state.verifying ?? null, may]);
  if (now === shown) return;
  shown = now;
  const { verifying } = state;
  document.body.classList.toggle("verifying", Boolean(verifying));
  if (!verifying) {
    place.replaceChildren();
    return;
  }
  const told = el("p", { role: "alert", class: "complaint" });
  const end = () => post("/api/end-verifying", {}).catch((error) => {
    told.textContent = [said(error.text), said(error.remedy)].filter(Boolean).join(" ");
  });
  const method = verifying.method_sha256 ? t("verify.method", { n: verifying.method_sha256.slice(0, 8) }) : t("verify.no_method");
  place.replaceChildren(icon("lock"),
    el("div", {}, el("p", {}, el("strong", {}, t("verify.on", { names: namesOf(verifying.wanted) }))),
      el("p", { class: "locked-by" }, [t("verify.locked"), verifying.model, method].join(" · ")), told),
    may ? button("verify.end", end, "second") : "");
}

// Chooses a material of the library, or a method from a file, and begins.
export function beginVerifying(compounds) {
  const told = el("p", { role: "alert" });
  const rows = el("div", { class: "materials" });
  let count = 0;
  const add = () => {
    const n = ++count;
    const name = el("select", {}, el("option", { value: "" }, t("verify.choose")), compounds.map((one) => el("option", { value: one }, one)));
    const part = (id, key) => field(`${id}-${n}`, key, el("input", { inputmode: "decimal", maxlength: 8, autocomplete: "off" }));
    rows.append(el("div", { class: "material" }, field(`material-${n}`, "verify.material", name),
      part("share", "verify.share"), part("tolerance", "verify.tolerance")));
  };
  add();
  const file = el("input", { type: "file", accept: ".json,application/json" });
  const names = () => [...rows.children].map((row) => {
    const [share, tolerance] = [...row.querySelectorAll("input")].map((one) => one.value.trim().replace(",", "."));
    const name = row.querySelector("select").value;
    return name && (share || tolerance) ? `${name}=${share}+-${tolerance}` : name;
  }).filter(Boolean);
  const begin = async () => {
    try {
      const method = file.files.length ? await bytesOf(file.files[0]) : "";
      await post("/api/verify", { names: names(), method });
    } catch (error) {
      told.textContent = [said(error.text ?? ""), said(error.remedy ?? "")].filter(Boolean).join(" ");
    }
  };
  return el("details", { class: "delivery" }, el("summary", {}, t("verify.title")), el("p", {}, t("verify.how")),
    rows, button("verify.more", add, "second"), field("method", "verify.file", file),
    button("verify.begin", begin, "primary"), told);
}

// The file's very bytes, in base64: their hash goes into every record.
async function bytesOf(file) {
  if (file.size > MOST_METHOD_BYTES) throw { text: t("verify.no_file") };
  return btoa(String.fromCharCode(...new Uint8Array(await file.arrayBuffer())));
}

function reason(text) {
  for (const [pattern, key] of SENTENCES) {
    const found = pattern.exec(text);
    if (found) return t(key, { one: found[1], other: found[2], third: found[3] });
  }
  return said(text);
}

// PASS, FAIL or NOT TESTED above the hazard, which stays whatever this says.
export function verdictOnMaterial(material) {
  if (!material) return null;
  const result = material.result in TESTED ? material.result : "NOT_TESTED";
  const least = material.at_least === null || material.at_least === undefined ? null
    : t("material.at_least", { n: t("percent", { n: number(100 * material.at_least, 1) }) });
  return el("section", { class: `judged ${result}`, "data-result": result },
    icon(TESTED[result]),
    el("div", {},
      el("p", { class: "word" }, t(`material.${result}`)),
      el("p", { class: "names" }, t(`material.${result}.means`, { names: namesOf(material.wanted) })),
      least ? el("p", {}, least) : null,
      material.why.length ? el("ul", {}, material.why.map((one) => el("li", {}, reason(one.text)))) : null));
}
