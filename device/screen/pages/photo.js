// A photo of the sample: taken or chosen here, sent as it is, kept with the next record.
// Next: station.js, which sends it.
import { button, el, field } from "./dom.js";
import { post, postBytes } from "./station.js";
import { number, said, t } from "./words.js";

const MOST_BYTES = 3000000;
const LONGER_SIDE = 2400; // of a picture that is too large as it is
const KINDS = ["image/jpeg", "image/png"];

// Of the measurement to come: one photo, or none.
export function photoField(photo) {
  const told = el("p", { role: "alert" });
  const complain = (error) => {
    told.textContent = [said(error.text ?? ""), said(error.remedy ?? "")].filter(Boolean).join(" ");
  };
  if (photo) {
    return el("div", { class: "photo" }, picture(`/api/next-photo?sha256=${photo.sha256}`, photo),
      el("p", { class: "facts" }, t("photo.next")),
      button("photo.remove", () => post("/api/remove-photo", {}).catch(complain), "second"), told);
  }
  const file = el("input", { type: "file", accept: KINDS.join(","), capture: "environment" });
  file.addEventListener("change", async () => {
    told.textContent = "";
    try {
      if (file.files.length) await postBytes("/api/photo", await smallEnough(file.files[0]));
    } catch (error) {
      complain(error.text === undefined ? { text: t("photo.unreadable") } : error);
    }
    file.value = "";
  });
  return el("div", { class: "photo" }, field("photo", "photo.choose", file), el("p", { class: "facts" }, t("photo.how")), told);
}

// Of a record.
export function photoOf(card) {
  if (!card.photo || !card.record_id) return null;
  return el("section", { class: "photo" }, el("h2", {}, t("photo.title")),
    picture(`/api/records/${encodeURIComponent(card.record_id)}/photo`, card.photo));
}

const picture = (src, photo) => el("img", { src, alt: t("photo.alt", { width: number(photo.width), height: number(photo.height) }),
  loading: "lazy", onerror: (event) => event.target.replaceWith(el("p", { class: "facts" }, t("photo.undrawn"))) });

// The file as it is; a larger one drawn anew, as telephones make them.
async function smallEnough(file) {
  if (file.size <= MOST_BYTES) return file;
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, LONGER_SIDE / Math.max(whole.width, whole.height));
  const canvas = el("canvas", {});
  canvas.width = Math.round(whole.width * scale);
  canvas.height = Math.round(whole.height * scale);
  canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.85); });
}
