// A record as files: numbers, spectra, reports, pictures, a package for a colleague. Next: station.js.
import { button, el, field } from "./dom.js";
import { download } from "./station.js";
import { said, t } from "./words.js";

const FORMATS = ["html", "pdf", "png", "csv", "json", "jcamp", "spc", "nexus"];
let made = 0; // more than one card may stand on a page, and each field needs an id of its own

export function exportsOf(key) {
  const told = el("p", { role: "status" });
  const save = async (format, more = {}) => {
    told.textContent = t("export.making");
    const asked = new URLSearchParams({ format, ...more });
    await download(`/api/records/${encodeURIComponent(key)}/file?${asked}`)
      .then((name) => {
        told.textContent = t("export.made", { name });
      })
      .catch((error) => {
        told.textContent = [said(error.text), said(error.remedy)].filter(Boolean).join(" ");
      });
  };
  const question = el("input", { maxlength: 1000, autocomplete: "off" });
  return el("details", { class: "exports" }, el("summary", {}, t("export.title")),
    el("p", { class: "facts" }, t("export.how")),
    el("div", { class: "formats" }, FORMATS.map((name) => button(`export.${name}`, () => save(name), "second"))),
    field(`question-${++made}`, "export.question", question),
    button("export.package", () => save("package", { question: question.value }), "second"), told);
}
