"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  addEventListener("error", (event) => {
    byId("broken").textContent = `The page is broken: ${event.message}`;
    byId("broken").hidden = false;
  });
  if (document.body.classList.contains("empty")) return;

  const run = JSON.parse(byId("run").textContent);
  const moments = run.moments;
  const FEW = 60; // tasks: of more than that, only those that have a part in what is drawn are shown
  const PACE = 900; // milliseconds
  const make = (tag, text, classes) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (classes) element.className = classes;
    return element;
  };
  const name = (task) => run.tasks[task].name;

  // How the tasks are. After moment number i (1 is the first that is kept, 0 is before it) a task is as the last of its
  // states that began with i or before. `since` is the place in the order in which such states were begun.

  function change(state, moment) {
    switch (moment.what) {
      case "cancel": return state;
      case "spawned": case "yielded": case "woken": return { is: "ready" };
      case "runs": return { is: "running" };
      case "waits": return { is: "waiting", waits: [...(state.waits ?? []), moment.wait] };
      case "ended": return { is: "ended", end: moment.end };
      default: throw new Error(`a moment is ${moment.what}`);
    }
  }

  const states = run.tasks.map((task) => [{ ...task.before, from: 0, since: 0 }]);
  run.ready.forEach((task, place) => { states[task][0].since = place - run.ready.length; });
  moments.forEach((moment, index) => {
    const before = states[moment.task].at(-1);
    const state = change(before, moment);
    if (state === before) return;
    const since = state.is === before.is ? before.since : index + 1;
    states[moment.task].push({ ...state, from: index + 1, since });
  });

  function place(task, at) {
    let [low, high] = [0, states[task].length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (states[task][middle].from <= at) low = middle; else high = middle;
    }
    return low;
  }

  function situation(at) {
    const now = states.map((_, task) => ({ task, ...states[task][place(task, at)] }));
    const ready = now.filter((state) => state.is === "ready").sort((a, b) => a.since - b.since);
    const sleeping = now.flatMap((state) => (state.waits ?? [])
      .filter((wait) => wait.until !== undefined)
      .map((wait) => ({ until: wait.until, task: state.task, since: state.since })));
    sleeping.sort((a, b) => a.until - b.until || a.since - b.since || a.task - b.task);
    return { now, ready, sleeping, running: now.filter((state) => state.is === "running") };
  }

  // Words.

  function because(state, ready) {
    if (state.is === "ready") {
      // Each loop has a queue of its own.
      const queue = ready.filter((other) => run.tasks[other.task].of === run.tasks[state.task].of);
      return `it is number ${queue.findIndex((other) => other.task === state.task) + 1} in the ready queue`;
    }
    if (state.is === "waiting") {
      return state.waits.map((wait) => {
        if (wait.kind === "sleep" && wait.until !== undefined) return `it sleeps until ${run.times[wait.until]}`;
        if (wait.kind === "lock" && wait.on !== undefined) return `it waits for a lock held by ${name(wait.on)}`;
        if (wait.kind === "task" && wait.on !== undefined) return `it waits for the end of ${name(wait.on)}`;
        return `it waits for ${wait.of || "something outside the loop"}`;
      }).join("; ");
    }
    return state.end?.text ?? "";
  }

  const isWhat = (state) => {
    if (state.is === "ended") return state.end.how;
    return state.is === "unborn" ? "not yet spawned" : state.is;
  };
  const number = (at) => run.first + at;
  const when = (at) => at === 0 ? "before it" : run.times[moments[at - 1].at];
  const total = number(moments.length);

  function say(at) {
    const said = byId("said");
    if (at === 0) {
      said.textContent = run.first === 0
        ? "Nothing has happened yet. Press → or Next to see the first moment."
        : "This is the state before the first moment that is kept. Press → or Next.";
      return;
    }
    said.replaceChildren(...moments[at - 1].said.map((part) => typeof part === "number" ? make("strong", name(part)) : part));
  }

  // The lanes.

  const lanes = byId("lanes");
  const draw = (parent, tag, attributes, text) => {
    const element = document.createElementNS(lanes.namespaceURI, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const ROW = 26;
  const TOP = 20;
  const SIGNS = { returned: "✓", failed: "✗", cancelled: "⊘", closed: "■" };
  const fit = (element, width) => {
    const letters = [...element.textContent];
    while (letters.length > 1 && element.getComputedTextLength() > width) {
      letters.pop();
      element.textContent = `${letters.join("")}…`;
    }
  };

  function view(at) {
    const width = Math.max(lanes.clientWidth, 240);
    const label = Math.min(Math.round(width * 0.25), 170);
    const columns = moments.length + 1;
    const column = Math.min(Math.max((width - label) / columns, 14), 30);
    const seen = Math.min(columns, Math.floor((width - label) / column));
    const first = Math.min(Math.max(at - (seen >> 1), 0), columns - seen);
    return { width, label, column, first, last: first + seen - 1 };
  }

  function shown(at, { first, last }) {
    if (run.tasks.length <= FEW) return run.tasks.map((_, task) => task);
    const part = new Set();
    for (const moment of moments.slice(Math.max(first - 1, 0), last)) {
      for (const task of [moment.task, moment.by, moment.wait?.on]) if (task !== undefined) part.add(task);
    }
    return [...part].sort((a, b) => a - b);
  }

  function stateInLane(state, from, to, y) {
    switch (state.is) {
      case "running": return draw(lanes, "rect", { class: "running", x: from + 1, y: y - 9, width: to - from - 2, height: 18, rx: 3 });
      case "ready": return draw(lanes, "rect", { class: "ready", x: from + 2, y: y - 5, width: Math.max(to - from - 4, 1), height: 10, rx: 3 });
      case "waiting": return draw(lanes, "path", { class: "waiting", d: `M${from + 2} ${y}H${to - 1}` });
      default: return undefined;
    }
  }

  function drawLanes(at, around, tasks) {
    const { width, label, column, first, last } = around;
    const left = (moment) => label + (moment - first) * column;
    const height = TOP + tasks.length * ROW + 4;
    const rows = new Map(tasks.map((task, row) => [task, TOP + row * ROW + ROW / 2]));
    lanes.replaceChildren();
    lanes.setAttribute("viewBox", `0 0 ${width} ${height}`);
    lanes.setAttribute("height", height);
    draw(lanes, "rect", { class: "now", x: left(at), y: 1, width: column, height: height - 2, rx: 4 });
    const time = (moment) => moments[moment - 1]?.at;
    const ticks = [];
    for (let moment = Math.max(first, 1); moment <= last; moment += 1) {
      if (moment === first || time(moment) !== time(moment - 1)) ticks.push(moment);
    }
    for (const moment of ticks) draw(lanes, "path", { class: "rule", d: `M${left(moment)} 6V${height}` });
    for (const [task, y] of rows) {
      draw(lanes, "path", { class: "rule", d: `M0 ${y + ROW / 2}H${left(last + 1)}` });
      fit(draw(lanes, "text", { x: 0, y: y + 4 }, [...name(task)].slice(0, 60).join("")), label - 6);
      for (let index = place(task, first); index < states[task].length; index += 1) {
        const state = states[task][index];
        const next = states[task][index + 1]?.from ?? moments.length + 1;
        if (state.from > last) break;
        const [from, to] = [Math.max(state.from, first), Math.min(next, last + 1)];
        stateInLane(state, left(from), left(to), y);
        if (state.is === "ended" && state.from === from) {
          draw(lanes, "text", { class: `sign ${state.end.how}`, x: left(from) + column / 2, y: y + 5 }, SIGNS[state.end.how]);
        }
      }
    }
    for (let moment = Math.max(first, 1); moment <= last; moment += 1) {
      const { what, by, task } = moments[moment - 1];
      const [y, x] = [rows.get(task), left(moment) + column / 2];
      if (y === undefined) continue;
      if (what === "cancel") draw(lanes, "text", { class: "sign cancel", x, y: y + 5 }, "⚡");
      if (by === undefined || by === task || !rows.has(by)) continue;
      const down = rows.get(by) < y ? 1 : -1;
      const [start, tip] = [rows.get(by) + 9 * down, y - 8 * down];
      const path = `M${x} ${start}V${tip}M${x - 4} ${tip - 5 * down}L${x} ${tip}L${x + 4} ${tip - 5 * down}`;
      draw(lanes, "path", { class: moment === at ? "arrow this" : "arrow", d: path });
    }
    if (at < last) draw(lanes, "rect", { class: "future", x: left(at + 1) + 1, y: 0, width: left(last + 1) - left(at + 1), height });
    let free = label;
    for (const moment of ticks) {
      if (left(moment) < free) continue;
      const tick = draw(lanes, "text", { class: "tick", x: left(moment) + 3, y: 14 }, when(moment));
      const end = left(moment) + tick.getComputedTextLength() + 9;
      if (end > width) tick.remove(); else free = end;
    }
  }

  function drawLegend() {
    const entry = (words, sign) => {
      const item = make("li");
      const svg = draw(item, "svg", { viewBox: "0 0 26 16", "aria-hidden": "true" });
      sign(svg);
      item.append(words);
      byId("legend").append(item);
    };
    const letter = (sign, classes) => (svg) => draw(svg, "text", { class: `sign ${classes}`, x: 13, y: 14 }, sign);
    entry("runs", (svg) => draw(svg, "rect", { class: "running", x: 1, y: 0, width: 24, height: 16, rx: 3 }));
    entry("ready", (svg) => draw(svg, "rect", { class: "ready", x: 2, y: 3, width: 22, height: 10, rx: 3 }));
    if (states.some((all) => all.some((state) => state.is === "waiting"))) entry("waits", (svg) => draw(svg, "path", { class: "waiting", d: "M1 8H26" }));
    const found = new Set(moments.map((moment) => moment.end?.how ?? moment.what));
    const words = { returned: "returned", failed: "failed", cancelled: "ended with a cancellation", closed: "closed" };
    for (const [how, sign] of Object.entries(SIGNS)) if (found.has(how)) entry(words[how], letter(sign, how));
    if (found.has("cancel")) entry("is asked to stop", letter("⚡", "cancel"));
    if (moments.some((moment) => moment.by !== undefined)) entry("one task spawns, wakes or cancels another", letter("↓", ""));
  }

  // The panels.

  /** Fills a list, and says how many there are that it does not show. */
  function fill(list, where, all, row) {
    list.replaceChildren(...all.slice(0, FEW).map(row));
    const more = byId(`${where}-none`);
    more.hidden = all.length > 0 && all.length <= FEW;
    more.textContent = all.length === 0 ? more.dataset.none : `And ${all.length - FEW} more.`;
  }

  function drawPanels({ now, ready, sleeping, running }, at, tasks) {
    const runs = running.map((state) => name(state.task));
    byId("running").textContent = runs.length === 0 ? "" : `${runs.join(" and ")} ${runs.length === 1 ? "runs" : "run"}`;
    fill(byId("ready"), "ready", ready, (state) => make("li", name(state.task)));
    byId("timers").hidden = sleeping.length === 0;
    fill(byId("timers").tBodies[0], "timers", sleeping, ({ until, task }) => {
      const row = make("tr");
      const due = make("th", run.times[until]);
      due.scope = "row";
      row.append(due, make("td", name(task)));
      return row;
    });
    const rows = tasks.map((task) => {
      const state = now[task];
      const row = make("tr", undefined, `is-${state.is === "ended" ? state.end.how : state.is}`);
      if (at > 0 && moments[at - 1].task === task) row.setAttribute("aria-current", "true");
      const head = make("th", name(task));
      head.scope = "row";
      const is = make("td");
      is.append(make("span", undefined, "dot"), isWhat(state));
      row.append(head, is, make("td", because(state, ready)));
      return row;
    });
    byId("tasks").tBodies[0].replaceChildren(...rows);
  }

  // Steps.

  const slider = byId("moment");
  let current = 0;
  let playing;

  function show(at) {
    current = Math.min(Math.max(at, 0), moments.length);
    const around = view(current);
    const tasks = shown(current, around);
    slider.value = current;
    slider.setAttribute("aria-valuetext", current === 0 ? "before the first moment" : `moment ${number(current)} of ${total}, at ${when(current)}`);
    byId("when").textContent = current === 0 ? `before the first of ${total}` : `${number(current)} of ${total}, at ${when(current)}`;
    say(current);
    drawLanes(current, around, tasks);
    drawPanels(situation(current), current, tasks);
    byId("around").hidden = tasks.length === run.tasks.length;
    byId("around").textContent = `These are the ${tasks.length} tasks that have a part in the moments drawn, of ${run.tasks.length}.`;
  }

  function play(on) {
    clearInterval(playing);
    playing = undefined;
    byId("said").setAttribute("aria-live", on ? "off" : "polite"); // too fast to be read out
    byId("play").textContent = on ? "Pause" : "Play";
    if (!on) return;
    if (current === moments.length) show(0);
    playing = setInterval(() => {
      show(current + 1);
      if (current === moments.length) play(false);
    }, PACE);
  }

  const go = (at) => { play(false); show(at); };
  const toggle = () => play(playing === undefined);
  const STEPS = {
    ArrowLeft: () => go(current - 1),
    ArrowRight: () => go(current + 1),
    Home: () => go(0),
    End: () => go(moments.length),
    " ": toggle,
  };

  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) return; // it is pressed
    if (!Object.hasOwn(STEPS, event.key)) return;
    event.preventDefault();
    STEPS[event.key]();
  });
  byId("home").addEventListener("click", STEPS.Home);
  byId("back").addEventListener("click", STEPS.ArrowLeft);
  byId("play").addEventListener("click", toggle);
  byId("next").addEventListener("click", STEPS.ArrowRight);
  byId("end").addEventListener("click", STEPS.End);
  slider.addEventListener("input", () => go(Number(slider.value)));
  lanes.addEventListener("click", (event) => {
    const { label, column, first, last } = view(current);
    const moment = first + Math.floor((event.clientX - lanes.getBoundingClientRect().left - label) / column);
    if (moment >= first && moment <= last) go(moment);
  });

  /** `#moment=12`: 1 is the first of the run. */
  function fromAddress() {
    const found = /^#moment=(\d+)$/.exec(location.hash);
    go(found ? Number(found[1]) - run.first : 0);
  }

  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  byId("about").textContent = `${many(run.tasks.length, "task")}, ${many(total, "moment")}. ${run.unit === "turns"
    ? "A scheduler gives the tasks their turns."
    : "Times are those of the event loop's clock."}`;
  document.body.classList.add(run.unit);
  slider.min = 0;
  slider.max = moments.length;
  drawLegend();
  fromAddress();
  addEventListener("hashchange", fromAddress);
  addEventListener("resize", () => show(current));
})();
