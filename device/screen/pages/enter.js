// Who has no session is told how to get one. Next: app.js.
import { loadWords, fill } from "./words.js";

await loadWords();
fill(document.body);
