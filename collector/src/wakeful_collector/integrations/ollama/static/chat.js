// @ts-check
// The chat of a machine's page: a client of the gateway like any other. It asks, waits while the machine wakes, and
// shows the answer as it comes; nothing of it is kept.
import { announce } from "/static/js/announce.js";
import { figures, plain } from "/static/js/format.js";

const LOOK_MS = 1000;
const TURNED_MS = 700;
const SLACK_PIXELS = 40;
const SECOND_NS = 1e9;

/**
 * @typedef {{role: string, content: string}} Message
 * @typedef {{content: HTMLElement, thinking: HTMLElement, state: HTMLElement, figures: HTMLElement, whole: HTMLElement}} Bubble
 * @typedef {{message?: {content?: string, thinking?: string}, error?: string, done?: boolean, eval_count?: number, eval_duration?: number, done_reason?: string}} Frame
 */

/** A failure that is said in the chat as it is. */
class Refused extends Error {}

class Chat {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.log = /** @type {HTMLElement} */ (document.getElementById("chat-log"));
    this.text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    this.send = /** @type {HTMLButtonElement} */ (form.querySelector("[data-send]"));
    this.halt = /** @type {HTMLButtonElement} */ (form.querySelector("[data-halt]"));
    this.anew = /** @type {HTMLButtonElement} */ (document.querySelector("[data-anew]"));
    /** @type {Message[]} */
    this.messages = [];
    /** @type {AbortController | null} */
    this.under = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.ask();
    });
    this.text.addEventListener("input", () => this.fit());
    this.halt.addEventListener("click", () => this.under?.abort());
    this.anew.addEventListener("click", () => this.forget());
    addEventListener("pagehide", () => this.under?.abort());
  }

  get model() {
    return /** @type {HTMLInputElement | HTMLSelectElement} */ (this.form.elements.namedItem("model")).value.trim();
  }

  async ask() {
    const said = this.text.value.trim();
    if (this.under || !said) return;
    if (!this.model) return void /** @type {HTMLElement} */ (this.form.elements.namedItem("model")).focus();
    this.under = new AbortController();
    this.show("user").content.textContent = said;
    this.messages.push({ role: "user", content: said });
    this.text.value = "";
    this.fit();
    this.busy(true);
    const bubble = this.show("assistant");
    setTimeout(() => document.dispatchEvent(new CustomEvent("wakeful:changed")), TURNED_MS);
    const looking = this.watch(bubble);
    try {
      const answered = await this.answer(bubble, this.under.signal, looking.stop);
      this.messages.push({ role: "assistant", content: answered });
      announce("Answered");
    } catch (error) {
      this.fail(bubble, error);
    } finally {
      looking.stop();
      this.under = null;
      this.busy(false);
      document.dispatchEvent(new CustomEvent("wakeful:changed"));
    }
  }

  /** Ask the gateway and show what comes. @param {Bubble} bubble @param {AbortSignal} signal @param {() => void} begun @returns {Promise<string>} */
  async answer(bubble, signal, begun) {
    const asked = performance.now();
    const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
    const response = await fetch(/** @type {string} */ (this.form.dataset.address), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
      body: JSON.stringify({ model: this.model, messages: this.messages, stream: true }),
      signal,
    });
    if (!response.ok || !response.body) throw new Refused(await refusal(response));
    let first = 0;
    let whole = "";
    for await (const frame of frames(response.body)) {
      if (frame.error) throw new Refused(frame.error);
      if (!first) {
        first = performance.now();
        begun();
        bubble.state.textContent = "";
      }
      const follows = this.atEnd();
      if (frame.message?.thinking) this.think(bubble, frame.message.thinking);
      if (frame.message?.content) {
        whole += frame.message.content;
        bubble.content.textContent = plain(whole);
      }
      if (frame.done) bubble.figures.textContent = summary(frame, first - asked);
      if (follows) this.toEnd();
      if (frame.done) return whole;
    }
    throw new Refused("the answer broke off before its end");
  }

  /** While nothing comes, say what the machine is doing. @param {Bubble} bubble */
  watch(bubble) {
    const begun = performance.now();
    let stopped = false;
    const look = async () => {
      if (stopped) return;
      const seconds = Math.round((performance.now() - begun) / 1000);
      try {
        const answer = await fetch(/** @type {string} */ (this.form.dataset.standing), { headers: { Accept: "application/json" } });
        const standing = await answer.json();
        if (!stopped) bubble.state.textContent = plain(`${standing.says} ${seconds > 1 ? `${seconds} s so far.` : ""}`);
      } catch {
        if (!stopped) bubble.state.textContent = `Waiting. ${seconds} s so far.`;
      }
      if (!stopped) timer = setTimeout(look, LOOK_MS);
    };
    let timer = setTimeout(look, LOOK_MS / 4);
    return {
      stop: () => {
        stopped = true;
        clearTimeout(timer);
        bubble.whole.classList.remove("waits");
      },
    };
  }

  /** @param {Bubble} bubble @param {unknown} error */
  fail(bubble, error) {
    if (!bubble.whole.isConnected) return; // the talk began anew meanwhile
    const stopped = error instanceof DOMException && error.name === "AbortError";
    bubble.state.textContent = "";
    bubble.figures.textContent = stopped
      ? "Stopped. The machine was told to stop too."
      : error instanceof Refused
        ? plain(error.message)
        : error instanceof SyntaxError
          ? "The answer cannot be read."
          : "The connection to the collector is gone.";
    bubble.figures.classList.toggle("bad", !stopped);
    const partly = bubble.content.textContent ?? "";
    if (partly) this.messages.push({ role: "assistant", content: partly });
    else this.giveBack();
    announce(bubble.figures.textContent);
  }

  /** What was not answered at all is no part of the talk: it stands in the field again. */
  giveBack() {
    const last = this.messages.pop();
    if (last && !this.text.value) this.text.value = last.content;
    this.fit();
  }

  /** @param {Bubble} bubble @param {string} more */
  think(bubble, more) {
    bubble.thinking.hidden = false;
    const text = /** @type {HTMLElement} */ (bubble.thinking.querySelector("p"));
    text.textContent = plain((text.textContent ?? "") + more);
  }

  /** @param {string} role @returns {Bubble} */
  show(role) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`chat-${role}`));
    const whole = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (whole.querySelector(`.${name}`));
    this.log.append(whole);
    this.log.hidden = false;
    this.anew.hidden = false;
    this.toEnd();
    return { whole, content: part("content"), thinking: part("thinking"), state: part("state"), figures: part("figures-line") };
  }

  forget() {
    this.under?.abort();
    this.messages = [];
    this.log.replaceChildren();
    this.log.hidden = true;
    this.anew.hidden = true;
    this.text.focus();
  }

  /** @param {boolean} on */
  busy(on) {
    this.send.hidden = on;
    this.halt.hidden = !on;
    if (!on && document.activeElement === document.body) this.text.focus();
  }

  /** The field grows with what is typed, up to what its style permits. */
  fit() {
    this.text.rows = Math.min(8, Math.max(2, this.text.value.split("\n").length));
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < SLACK_PIXELS;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** Each JSON line as it comes; the spaces that keep a connection alive are none. @param {ReadableStream<Uint8Array>} body @returns {AsyncGenerator<Frame>} */
async function* frames(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let kept = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      kept += decoder.decode(value, { stream: !done });
      const lines = kept.split("\n");
      kept = done ? "" : lines.pop() ?? "";
      for (const line of lines) if (line.trim()) yield JSON.parse(line);
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {Response} response */
async function refusal(response) {
  try {
    const said = await response.json();
    return String(said.error?.message ?? said.error ?? said.message);
  } catch {
    return `the collector answered ${response.status}`;
  }
}

/** @param {Frame} frame the last one @param {number} firstMs until the first word */
function summary(frame, firstMs) {
  const parts = [`first word after ${figures(firstMs / 1000)} s`];
  if (frame.eval_count) parts.push(`${frame.eval_count} tokens`);
  if (frame.eval_count && frame.eval_duration) parts.push(`${figures((frame.eval_count * SECOND_NS) / frame.eval_duration)} a second`);
  if (frame.done_reason === "length") parts.push("cut off at its greatest length");
  return parts.join(", ");
}

const form = document.getElementById("chat");
if (form instanceof HTMLFormElement) new Chat(form);
