// Makes the page's anywidgets live without a kernel.
//
// A script beside the page sets `courseWidgets`, the state of every model as Jupyter saves it. The page holds, in
// each widget's place, a sentence, which stays where JavaScript or ES modules are missing. Here each sentence gives
// way to the view that the widget's own module draws. What a module may use: model.get, set, save_changes, on, off;
// initialize and render with their clean-up functions. What it may not: model.send, experimental.invoke, which need
// Python.
(() => {
  "use strict";
  const NEEDS_PYTHON = "This widget needs a running Python kernel. Download the notebook to use it.";

  /** The part of a Jupyter model that a widget's module sees. */
  class Model {
    constructor(state) {
      this.state = state;
      this.callbacks = new Map();
    }
    get(name) {
      return this.state[name];
    }
    set(name, value) {
      const values = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(values).filter((key) => !same(this.state[key], values[key]));
      for (const key of changed) this.state[key] = values[key];
      for (const key of changed) this.emit(`change:${key}`, this.state[key]);
      if (changed.length) this.emit("change");
    }
    save_changes() {} // there is nobody to tell
    send() {
      throw new Error(NEEDS_PYTHON);
    }
    on(names, callback) {
      for (const name of names.split(/\s+/))
        this.callbacks.set(name, [...(this.callbacks.get(name) ?? []), callback]);
    }
    off(names, callback) {
      if (!names) this.callbacks.clear();
      else
        for (const name of names.split(/\s+/))
          this.callbacks.set(name, callback ? (this.callbacks.get(name) ?? []).filter((c) => c !== callback) : []);
    }
    emit(name, ...values) {
      for (const callback of this.callbacks.get(name) ?? []) callback(this, ...values);
    }
  }

  /** Equal as data; bytes are compared by identity. */
  function same(a, b) {
    if (Object.is(a, b)) return true;
    if (!a || !b || typeof a !== "object" || typeof b !== "object") return false;
    if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
  }

  function bytes(base64) {
    return new DataView(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
  }

  /** The saved models of the page, by id, their binary traits as DataViews. */
  function savedModels() {
    const models = window.courseWidgets?.state ?? {};
    for (const { state, buffers } of Object.values(models)) {
      for (const { path, data } of buffers ?? []) {
        const place = path.slice(0, -1).reduce((part, key) => part[key], state);
        place[path.at(-1)] = bytes(data);
      }
    }
    return models;
  }

  const once = (make) => {
    const made = new Map();
    return (key, ...rest) => made.get(key) ?? made.set(key, make(key, ...rest)).get(key);
  };

  const style = once((css) => {
    const element = document.createElement("style");
    element.textContent = css;
    document.head.append(element);
    return element;
  });

  const definition = once(async (source) => {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const { default: widget } = await import(address);
    URL.revokeObjectURL(address);
    return typeof widget === "function" ? widget() : widget;
  });

  const cleanups = [];
  const experimental = { invoke: () => Promise.reject(new Error(NEEDS_PYTHON)) };

  /** A model, initialised once however many views it has. */
  const model = once(async (_id, state, widget) => {
    const made = new Model(state);
    cleanups.push(await widget.initialize?.({ model: made, experimental }));
    return made;
  });

  async function start(place, saved) {
    const id = place.dataset.model;
    const state = saved[id]?.state;
    if (!state?._esm) return say(place, NEEDS_PYTHON);
    try {
      if (state._css) style(state._css);
      const widget = await definition(state._esm);
      const view = { model: await model(id, state, widget), el: document.createElement("div"), experimental };
      place.replaceChildren(view.el);
      cleanups.push(await widget.render(view));
      place.dataset.state = "live";
    } catch (error) {
      console.warn(error);
      say(place, error.message === NEEDS_PYTHON ? NEEDS_PYTHON : `This widget could not start: ${error.message}`);
    }
  }

  function say(place, sentence) {
    const note = document.createElement("p");
    note.setAttribute("role", "note");
    note.textContent = sentence;
    place.replaceChildren(note);
    place.dataset.state = "failed";
  }

  /** A widget starts when the reader comes near; the others once there is a reader, one at a time in quiet moments. */
  function startWhenNear() {
    const waiting = new Set(document.querySelectorAll(".course-widget"));
    let saved;
    try {
      saved = savedModels();
    } catch (error) {
      return waiting.forEach((place) => say(place, `The widgets of this page could not be read: ${error.message}`));
    }
    const startNow = (places) => {
      for (const place of places) if (waiting.delete(place)) start(place, saved);
    };
    const near = new IntersectionObserver(
      (entries) => startNow(entries.filter((e) => e.isIntersecting).map((e) => e.target)),
      { rootMargin: "50%" },
    );
    waiting.forEach((place) => near.observe(place));
    const whenQuiet = window.requestIdleCallback ?? setTimeout;
    // A device that is never quiet starts them after two seconds all the same.
    const startRest = () => [...waiting].forEach((place) => whenQuiet(() => startNow([place]), { timeout: 2000 }));
    for (const name of ["scroll", "pointermove", "keydown", "beforeprint"])
      addEventListener(name, startRest, { once: true, passive: true });
  }

  addEventListener("pagehide", (event) => {
    if (!event.persisted) cleanups.splice(0).forEach((cleanup) => cleanup?.());
  });
  addEventListener("DOMContentLoaded", startWhenNear); // by then every deferred script has run, the state's too
})();
