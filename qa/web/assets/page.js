/* The page's manners: asking, citations, storage, keys. Every text arrives from the
   server as escaped HTML; what is made here is made with textContent. */
(() => {
  if (window.qaPage) return;
  const KEPT = 30; // conversations
  const TURNS_SENT = 6; // earlier answers that a follow-up may lean on
  const LENGTHS = ["span", "sentence", "paragraph"];
  const MOST_FILES = 50, LARGEST_FILE = 50e6, LARGEST_UPLOAD = 100e6; // the server holds to the same
  const LENGTH_WORDS = { span: "words", sentence: "sentence", paragraph: "paragraph" };
  const GROUPS = { citations: "Citation", alternatives: "Other answer" }, NEAR = "Nearest";
  const UNREACHED = "The server does not answer. Is `qa serve` still running?";
  let root, state, busy = null, opened = null, returnTo = null, doomed = null, cleared = null, cut = null, away = null, suggesting = "", shows = 0;
  const known = new Map(); // id of a conversation -> its answers, as last read or written here
  const $ = (id) => root.querySelector(`#qa-${id}`);
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  /* by characters, as the server counts: a string counts halves of those past U+FFFF */
  function clipped(text, n) {
    const all = [...text];
    return all.length > n ? `${all.slice(0, n - 1).join("")}…` : text;
  }

  /* the server: endpoints of this Gradio app, without its queue */
  async function call(name, ...data) {
    const options = typeof data.at(-1) === "object" && data.at(-1)?.signal ? data.pop() : {};
    const answer = await reach(`gradio_api/run/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ data }),
      signal: options.signal,
    });
    if (answer.status === 401) location.reload();
    const got = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(got.error || got.detail || `the server answered ${answer.status}`);
    if (got.data[0]?.error) throw Object.assign(new Error(got.data[0].error), { isFinal: true });
    return got.data[0];
  }

  async function reach(path, options) {
    try { return await fetch(new URL(path, document.baseURI), options); } catch (error) {
      throw error instanceof TypeError ? new Error(UNREACHED) : error;
    }
  }

  /* what this browser keeps, for each library; what is shown and chosen is each tab's own */
  const keptAs = () => `qa-${root.dataset.library}`, tabAs = () => `${keptAs()}-tab`;
  function recall(storage, name) {
    try { return JSON.parse(window[storage].getItem(name)); } catch { return null; } // start anew
  }
  function keep(storage, name, value) {
    try { window[storage].setItem(name, JSON.stringify(value)); return true; } catch { return false; } // full, or none
  }
  function load() {
    const kept = recall("localStorage", keptAs()), own = recall("sessionStorage", tabAs()) ?? kept;
    state = {
      conversations: soundOf(kept),
      current: own?.current ?? null,
      length: LENGTHS.includes(kept?.length) ? kept.length : "sentence",
      theme: ["light", "dark"].includes(kept?.theme) ? kept.theme : "",
      chosen: Array.isArray(own?.chosen) ? own.chosen.filter((id) => typeof id === "string") : [],
    };
    state.conversations.forEach(know);
    if (!current()) begin();
  }
  /* the conversations in what was kept; what is damaged there is left out, and an answer
     that only the server can tell to be damaged gets a stub from it. Of those with one id
     the longest stays */
  function soundOf(kept) {
    if (!Array.isArray(kept?.conversations)) return [];
    const isAnswer = (a) => typeof a?.question === "string";
    const sound = new Map();
    kept.conversations.filter((c) => typeof c?.id === "string" && Array.isArray(c.answers)).forEach((c) => {
      const answers = c.answers.filter(isAnswer), before = sound.get(c.id);
      if (!before || answers.length > before.answers.length) sound.set(c.id, { id: c.id, answers });
    });
    return [...sound.values()];
  }
  const know = (c) => known.set(c.id, c.answers);
  const isTouched = (c) => known.get(c.id) !== c.answers;
  /* where there is no room for all, the oldest are in this page alone */
  function save() {
    const others = soundOf(recall("localStorage", keptAs()));
    meet(others);
    const theirs = others.find((c) => c.id === state.current);
    let kept = state.conversations.map((c) => (c.id === theirs?.id && !isTouched(c) ? theirs : c));
    while (kept.length && !keep("localStorage", keptAs(), { ...state, conversations: kept })) {
      const oldest = kept.findLastIndex((c) => c.id !== state.current);
      kept = oldest < 0 ? [] : kept.filter((_, i) => i !== oldest);
    }
    keep("sessionStorage", tabAs(), { current: state.current, chosen: state.chosen });
    state.conversations.filter((c) => kept.includes(c)).forEach(know);
    const isLeftOut = (c) => c.answers.length && !kept.some((k) => k.id === c.id);
    const told = state.conversations.some(isLeftOut) ? "This browser does not keep all conversations: export those you need, or delete some." : "";
    if ($("unkept").textContent !== told) $("unkept").textContent = told;
  }
  /* what another tab has kept since we last looked: it holds where nothing was asked here.
     What is shown here stays as it is; where both went on with it, there are two from now on.
     What is new here stands behind the first, for it was used of late */
  const named = () => `${Date.now()}-${Math.random()}`;
  function meet(others) {
    const met = [];
    others.filter((c) => c.answers.length).forEach((theirs) => {
      const at = state.conversations.findIndex((c) => c.id === theirs.id), mine = state.conversations[at];
      if (!mine) {
        if (known.has(theirs.id)) return; // deleted here
        met.push(theirs);
      } else if (!isTouched(mine)) {
        if (mine.id === state.current) return;
        state.conversations[at] = theirs;
      } else {
        if (JSON.stringify(theirs.answers) === JSON.stringify(known.get(theirs.id))) return;
        mine.id = named();
        if (theirs.id === state.current) state.current = mine.id;
        met.push(theirs);
      }
      know(theirs);
    });
    state.conversations.splice(1, 0, ...met);
  }
  /* another tab has kept or deleted something: all but the one shown here is as there, and
     what there was no room for stays */
  function share(event) {
    if (event.key !== keptAs() || !event.newValue) return;
    const mine = current(), isOther = (c) => c.id !== mine.id && c.answers.length;
    try {
      const others = soundOf(JSON.parse(event.newValue)).filter(isOther);
      const kept = new Set([...others, ...soundOf(JSON.parse(event.oldValue))].map((c) => c.id));
      state.conversations = [mine, ...others, ...state.conversations.filter((c) => isOther(c) && !kept.has(c.id))];
      others.forEach(know);
      listConversations();
    } catch { /* nothing of ours */ }
  }
  const current = () => state.conversations.find((c) => c.id === state.current);
  function begin() {
    state.conversations = state.conversations.filter((c) => c.answers.length).slice(0, KEPT - 1);
    const made = { id: named(), answers: [] };
    state.conversations.unshift(made);
    state.current = made.id;
    save();
  }
  function listConversations() {
    const full = make("option", "", `Only the last ${KEPT} conversations are kept`);
    full.disabled = true;
    $("conversations").replaceChildren(...state.conversations.map((c) => {
      const item = make("option", "", c.answers.length ? clipped(c.answers[0].question, 60) : "New conversation");
      item.value = c.id;
      item.selected = c.id === state.current;
      return item;
    }), ...(state.conversations.length < KEPT ? [] : [full]));
  }

  /* the conversation */
  async function show() {
    const mine = ++shows;
    stop();
    listConversations();
    returnTo = cut = null;
    closeSource();
    $("undo").hidden = cleared === null;
    const turns = $("turns"), answers = current().answers;
    turns.querySelectorAll(".turn, .wrong, .cut").forEach((each) => each.remove());
    $("start").hidden = answers.length > 0;
    if (answers.length) {
      try {
        const { html } = await call("page_render", answers);
        if (mine !== shows) return;
        $("start").insertAdjacentHTML("afterend", html.join("")); // above what was asked meanwhile
        dress();
        turns.querySelector(".turn:last-of-type")?.scrollIntoView({ block: "start" });
      } catch (error) { if (mine === shows) complain(error, turns, show); }
    } else suggestStart();
  }
  async function suggestStart() {
    if (suggesting) { suggesting = "again"; return; } // what is asked may have changed meanwhile
    do {
      suggesting = "once";
      await suggest($("examples"), [], "For instance", state.chosen, 5, "h2");
    } while (suggesting === "again");
    suggesting = "";
  }
  const turnsShown = () => [...root.querySelectorAll(".turn[data-turn]")];
  const lastTurn = () => turnsShown().at(-1);
  function dress() {
    root.dataset.length = state.length;
    root.querySelectorAll("[data-length][role=radio]").forEach((radio) => {
      const is = radio.dataset.length === state.length;
      radio.setAttribute("aria-checked", is);
      radio.tabIndex = is ? 0 : -1;
    });
    root.querySelectorAll(".turn .asked h2").forEach((heading) => {
      if (heading.scrollHeight <= heading.clientHeight + 2 || heading.parentElement.nextElementSibling?.matches(".more")) return;
      const more = make("button", "quiet more", "Show all");
      more.dataset.act = "show-all";
      more.setAttribute("aria-expanded", "false");
      heading.parentElement.after(more);
    });
    root.querySelectorAll(".turn .words").forEach(frame);
  }
  /* a box that scrolls takes the focus, and opens at the words it is there for */
  function frame(words) {
    const scrolls = words.scrollHeight > words.clientHeight + 1;
    words.classList.toggle("scrolls", scrolls);
    if (scrolls) words.tabIndex = 0; else words.removeAttribute("tabindex");
    if (words.dataset.framed === state.length) return; // where it was scrolled to since
    words.dataset.framed = state.length;
    const mark = words.querySelector("mark.span");
    if (scrolls && mark) centerIn(words, mark);
  }
  /* all answers change their length; what the eye is on stays where it is, if the words stay in view */
  function setLength(length, anchor) {
    const top = anchor?.getBoundingClientRect().top;
    state.length = length;
    save();
    dress();
    say(`Length: ${LENGTH_WORDS[length]}`);
    const by = anchor ? anchor.getBoundingClientRect().top - top : 0;
    [root, $("turns")].find((e) => e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY === "auto")?.scrollBy(0, by);
    anchor?.closest(".turn")?.querySelector(".words mark.span")?.scrollIntoView({ block: "nearest" });
  }
  function say(text) { $("said").textContent = text; }
  function complain(error, place, again) {
    const note = make("p", "wrong", error.message || String(error));
    note.setAttribute("role", "alert");
    if (again) {
      const button = make("button", "quiet", "Try again");
      button.onclick = () => { if (holdsFocus(note)) place.focus({ preventScroll: true }); note.remove(); again(); };
      note.append(" ", button);
    }
    place.append(note);
    return note;
  }
  const holdsFocus = (element) => element.contains(document.activeElement);
  /* the field, unless that would push a keyboard up over the screen */
  function writeNext() {
    $(matchMedia("(hover: hover)").matches ? "question" : "turns").focus({ preventScroll: true });
  }
  async function ask(question, { from = current().answers.length, alone = false } = {}) {
    question = question.trim();
    if (!question || busy) return;
    const conversation = current(), before = conversation.answers, earlier = before.slice(0, from), chosen = state.chosen;
    const replaced = turnsShown().filter((turn) => Number(turn.dataset.turn) >= from), wasThere = replaced.some(holdsFocus);
    if (opened?.turn >= from) { returnTo = null; closeSource(); }
    replaced.forEach((turn) => turn.remove());
    root.querySelectorAll(".wrong").forEach((note) => note.remove());
    $("start").hidden = true;
    away = null;
    const begun = performance.now();
    const waiting = make("article", "turn");
    waiting.tabIndex = -1;
    waiting.append(make("div", "asked"), make("p", "reading", "Reading…"));
    waiting.firstChild.append(make("h2", "", question));
    $("turns").append(waiting);
    waiting.scrollIntoView({ block: "start" });
    if (wasThere) waiting.focus({ preventScroll: true });
    cleared = null;
    const mine = busy = new AbortController();
    busy.ticket = named();
    setAsking(true);
    try {
      const got = await call("page_ask", question, alone ? [] : earlier.slice(-TURNS_SENT), chosen, from, busy.ticket, { signal: busy.signal });
      if (mine.signal.aborted) throw new DOMException("stopped", "AbortError");
      waiting.insertAdjacentHTML("beforebegin", got.html);
      const turn = waiting.previousElementSibling;
      conversation.answers = [...earlier, got.answer];
      state.conversations = [conversation, ...state.conversations.filter((c) => c !== conversation)]; // used last
      save();
      listConversations();
      dress();
      if (holdsFocus(waiting)) turn.focus({ preventScroll: true });
      waiting.remove();
      if (before.length > from + 1) cut = { answers: before, lost: before.length - from - 1 };
      if (cut && before.length > from) offerCut(turn);
      turn.scrollIntoView({ block: "start" });
      root.dataset.askMs = Math.round(performance.now() - begun);
      say(got.said);
      if (got.answer.text === null) { returnTo = null; closeSource(); instead(turn, got.answer, chosen); }
      else if (isWide()) openCitation(turn, "citations", 0, { keepFocus: true });
    } catch (error) {
      const wasHere = holdsFocus(waiting);
      if (current() !== conversation) return waiting.remove(); // gone elsewhere meanwhile
      waiting.replaceWith(...replaced); // edited: all is as it was
      if (!conversation.answers.length) $("start").hidden = false;
      const isStopped = error.name === "AbortError", isFree = !$("question").value.trim();
      if (isFree) draft(question);
      if (wasHere) writeNext();
      if (isStopped) say("Stopped.");
      if (isStopped && isFree) return;
      const told = isStopped ? new Error(`Stopped: “${clipped(question, 120)}”`) : error;
      const again = () => { if ($("question").value.trim() === question) draft(""); ask(question, { from, alone }); };
      complain(told, $("turns"), isFree && error.isFinal ? null : again).scrollIntoView({ block: "nearest" });
    } finally {
      if (busy === mine) busy = null;
      setAsking(busy !== null);
    }
  }
  /* ends the wait, and gives up the place in line; the page is free at once */
  function stop() {
    if (!busy) return;
    call("page_stop", busy.ticket).catch(() => {});
    busy.abort();
    busy = null;
    setAsking(false);
  }
  function setAsking(is) {
    const button = $("ask");
    button.textContent = is ? "Stop" : "Ask";
    button.type = is ? "button" : "submit";
    button.dataset.act = is ? "stop" : "";
    root.dataset.asking = is ? "1" : "";
  }
  /* the answers that stood below an edited question can be brought back */
  function offerCut(turn) {
    const note = make("p", "cut", cut.lost > 1 ? `${cut.lost} later answers were cut off. ` : "A later answer was cut off. ");
    note.setAttribute("role", "status");
    const button = make("button", "quiet", cut.lost > 1 ? "Bring them back" : "Bring it back");
    button.dataset.act = "bring-cut";
    note.append(button);
    turn.querySelector(".asked").after(note);
  }
  async function suggest(place, ids, heading, chosen, most, level) {
    try {
      const { questions } = await call("page_examples", ids, chosen, most);
      const turn = place.closest(".turn");
      if (!place.isConnected || turn?.matches(".turn:has(~ .turn)")) return; // what is read below would jump
      if (!questions.length) return place.replaceChildren();
      const list = make("ul");
      questions.forEach((question) => {
        const button = make("button", "", question);
        button.dataset.act = "ask-this";
        const item = make("li");
        item.append(button);
        list.append(item);
      });
      place.replaceChildren(make(level, "", heading), list);
      place.hidden = false;
    } catch { place.replaceChildren(); }
  }
  function instead(turn, answer, chosen) {
    const near = [...new Set(answer.nearest.map((c) => c.article))], n = answer.chosen ?? 0;
    const who = n > 1 ? "chosen articles do" : n ? "chosen article does" : "articles do";
    suggest(turn.querySelector(".instead"), near, `These the ${who} answer`, n ? chosen : [], 3, "h3");
  }
  function edit(turn, text, alone) {
    const number = Number(turn.dataset.turn);
    if (turn.querySelector(".edit-form")) return;
    const head = turn.querySelector(".asked"), kept = [...head.childNodes];
    const form = make("form", "edit-form"), field = make("textarea"), row = make("div", "row");
    field.value = text;
    field.rows = 1;
    field.oninput = () => fit(field);
    field.setAttribute("aria-label", "Question to ask again");
    const restore = () => { form.remove(); head.append(...kept); };
    const undo = () => { restore(); head.querySelector("button").focus(); };
    const cancel = make("button", "", "Cancel"), again = make("button", "ask", "Ask again");
    cancel.type = "button";
    cancel.onclick = undo;
    field.onkeydown = (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") { event.stopPropagation(); undo(); }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      const isSame = field.value.trim() === text.trim(), isLast = turn === lastTurn();
      if (isSame && !isLast) { undo(); return; } // nothing to ask, so nothing is lost
      if (busy || !field.value.trim()) return;
      restore();
      turn.focus({ preventScroll: true });
      ask(field.value, { from: number, alone });
    };
    row.append(cancel, again);
    form.append(field, row);
    head.replaceChildren(form);
    fit(field);
    field.focus();
    field.select();
  }

  /* the source */
  const isWide = () => !matchMedia("(max-width: 820px), (max-height: 500px)").matches; // as in page.css
  const answerOf = (turn) => current().answers[Number(turn.dataset.turn)];
  function placesOf(turn) {
    return [...turn.querySelectorAll("[data-cite]")].map((b) => [b.dataset.group, Number(b.dataset.cite)]);
  }
  const citationOf = (answer, group, index) => group === "alternatives" ? answer.alternatives[index]?.citations[0] : answer[group][index];
  async function openCitation(turn, group, index, { keepFocus = false } = {}) {
    const answer = answerOf(turn);
    if (!answer || !citationOf(answer, group, index)) return;
    const wanted = { turn: Number(turn.dataset.turn), group, index };
    opened = wanted;
    root.querySelectorAll(".cite[aria-current]").forEach((b) => b.removeAttribute("aria-current"));
    const button = turn.querySelector(`.cite[data-group="${group}"][data-cite="${index}"]`);
    button.setAttribute("aria-current", "true");
    if (!keepFocus) goAway();
    returnTo = keepFocus ? null : button;
    await openSource(["page_citation", answer, group, index], keepFocus, () => opened === wanted);
    if (opened !== wanted) return;
    const places = placesOf(turn), at = places.findIndex(([g, i]) => g === group && i === index);
    const isFound = answer.text !== null, alike = places.filter(([g]) => !isFound || g === group);
    const kind = isFound ? GROUPS[group] : NEAR;
    $("position").textContent = `${kind} ${alike.findIndex(([g, i]) => g === group && i === index) + 1} of ${alike.length}`;
    disable("previous", at === 0);
    disable("next", at === places.length - 1);
  }
  /* without taking the focus from the button, as `disabled` would */
  const disable = (act, is) => root.querySelector(`[data-act="${act}"]`).setAttribute("aria-disabled", is);
  /* in one column, Back leads from the source or the articles to the conversation */
  function goAway() {
    if (isWide()) return;
    if (!away) history.pushState({ qa: "away" }, "");
    away ??= { top: root.scrollTop, from: document.activeElement };
  }
  function comeBack() {
    if (!away) return;
    const { top, from } = away, cited = returnTo?.isConnected ? returnTo : null;
    away = null;
    closeSource();
    if (!cited) (root.contains(from) ? from : $("turns")).focus({ preventScroll: true });
    root.scrollTop = top;
    cited?.scrollIntoView({ block: "nearest" });
  }
  const leaveSource = () => { if (away && returnTo?.closest(".turn")) history.back(); else closeSource(); };
  async function openArticle(id, at, until, keepFocus) {
    if (!keepFocus) goAway();
    opened = { article: id };
    const wanted = opened;
    root.querySelectorAll(".cite[aria-current]").forEach((b) => b.removeAttribute("aria-current"));
    await openSource(["page_article", id, at, until], keepFocus, () => opened === wanted);
    $("position").textContent = "";
    disable("previous", true);
    disable("next", true);
  }
  async function openSource(request, keepFocus, isWanted) {
    const body = $("source-body");
    try {
      const got = await call(...request);
      if (!isWanted()) return;
      const wasInside = holdsFocus(body);
      body.innerHTML = got.html;
      opened.quotes = got.quotes;
      $("source-tools").hidden = false;
      disable("copy-open", !got.quotes.span);
      opened.article = got.article;
      markRows();
      tellWayBack();
      const mark = body.querySelector("mark.span");
      if (!keepFocus || wasInside) body.querySelector(".source-title")?.focus({ preventScroll: true });
      if (!keepFocus) {
        if (!mark) $("source").scrollIntoView({ block: "start" });
      }
      body.scrollTop = 0;
      if (mark) {
        body.querySelectorAll("mark.span").forEach((m) => m.classList.add("fresh"));
        if (!keepFocus || isWide()) center(mark, body);
      }
    } catch (error) {
      if (!isWanted()) return;
      const wasInside = holdsFocus(body);
      body.replaceChildren();
      complain(error, body, error.isFinal ? null : () => openSource(request, keepFocus, isWanted));
      if (wasInside) body.focus({ preventScroll: true });
      $("source-tools").hidden = false;
      disable("copy-open", true);
      tellWayBack();
    }
  }
  function center(mark, body) {
    if (isWide()) centerIn(body, mark); else mark.scrollIntoView({ block: "center" });
  }
  function centerIn(body, mark) {
    const box = mark.getBoundingClientRect(), frame = body.getBoundingClientRect();
    body.scrollTop += box.top - frame.top - Math.max(24, (frame.height - box.height) / 2.6);
  }
  function tellWayBack() {
    const isListed = returnTo ? returnTo.closest(".turn") === null : opened.turn === undefined;
    const way = isListed ? "back to the articles" : "back to the answer", button = root.querySelector('[data-act="close"]');
    button.setAttribute("aria-label", `Close the source, ${way}`);
    button.title = way.replace("b", "B");
  }
  function step(by) {
    if (!opened || opened.turn === undefined) {
      const latest = lastTurn(), first = latest && placesOf(latest)[0];
      if (by > 0 && first) openCitation(latest, ...first, { keepFocus: isWide() });
      return;
    }
    const turn = root.querySelector(`.turn[data-turn="${opened.turn}"]`);
    if (!turn) return;
    const places = placesOf(turn), at = places.findIndex(([g, i]) => g === opened.group && i === opened.index);
    const next = places[at + by];
    if (!next) return;
    const button = turn.querySelector(`.cite[data-group="${next[0]}"][data-cite="${next[1]}"]`), details = button.closest("details");
    if (details) details.open = true;
    if (isWide()) button.scrollIntoView({ block: "nearest" });
    openCitation(turn, ...next, { keepFocus: isWide() });
  }
  function closeSource() {
    const ways = [returnTo];
    if (holdsFocus($("source"))) ways.push(root.querySelector(".cite[aria-current]"), root.querySelector(".shelf [aria-current] .open"), $("turns"));
    opened = null;
    $("source-tools").hidden = true;
    $("source-body").replaceChildren(make("p", "empty", "Choose a numbered citation to read its words in their place, or an article to read all of it."));
    root.querySelectorAll(".cite[aria-current], .shelf [aria-current]").forEach((b) => b.removeAttribute("aria-current"));
    ways.find((way) => { way?.focus(); return way && holdsFocus(way); })?.scrollIntoView({ block: "nearest" });
    returnTo = null;
  }
  async function copy(text, button) {
    if (!text) return;
    try { await navigator.clipboard.writeText(text); } catch {
      const field = make("textarea"); // plain http on a network has no clipboard
      field.value = text;
      root.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    root.dataset.copied = text;
    say("Copied the quote with its source.");
    if (!button) return;
    const was = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = was === "Copied" ? "Copy quote" : was; }, 1500);
  }

  /* the library */
  let generation = null, timer = null, searching = null, shelvings = 0, isIndexing = false, stateSaid = "";
  const leaving = new Set(); // ids of articles that are being removed
  async function shelve() {
    const asked = ++shelvings, sent = state.chosen;
    try {
      const got = await call("page_library", $("search").value, sent);
      if (asked !== shelvings) return;  // a later list is on its way
      // what was ticked meanwhile stays so: only what has left the library is no longer chosen
      state.chosen = state.chosen.filter((id) => got.chosen.includes(id) || !sent.includes(id));
      fillShelf(got.html);
      tick((id) => state.chosen.includes(id));
      root.dataset.articles = got.total || (got.progress ? "" : 0);
      tellStatus(got);
      tellChosen(got.total);
    } catch (error) {
      if (asked !== shelvings) return;
      fillShelf("");
      complain(error, $("shelf"), shelve);
    }
  }
  /* what has the focus in the list, is unfolded or marked there is so in the new one */
  function fillShelf(html) {
    const shelf = $("shelf"), at = document.activeElement, isOpen = shelf.querySelector(".unread")?.open;
    let held = "";
    if (holdsFocus(shelf) && at !== shelf) {
      const row = at.closest("[data-article]");
      held = at.matches("input, summary") ? at.localName : `[data-act="${at.dataset.act}"]`;
      if (row) held = `[data-article="${CSS.escape(row.dataset.article)}"] ${held}`;
    }
    shelf.innerHTML = html;
    if (isOpen) shelf.querySelector(".unread")?.setAttribute("open", "");
    markRows();
    if (held) (shelf.querySelector(held) ?? shelf).focus({ preventScroll: true });
  }
  const rowOf = (id) => root.querySelector(`.shelf [data-article="${CSS.escape(id)}"]`);
  function markRows() {
    root.querySelectorAll(".shelf [aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    if (opened?.article) rowOf(opened.article)?.setAttribute("aria-current", "true");
    leaving.forEach((id) => rowOf(id)?.setAttribute("aria-busy", "true"));
  }
  function tick(isChosen) {
    root.querySelectorAll(".shelf [data-article]").forEach((row) => { const box = row.querySelector(".pick input"); if (box) box.checked = isChosen(row.dataset.article); });
  }
  function tellStatus(got) {
    generation = got.generation;
    root.dataset.generation = generation;
    $("count").textContent = got.summary;
    $("status").innerHTML = got.progress;
    isIndexing = got.indexing || $("status").querySelector("progress") !== null;
    const now = $("status").querySelector(".wrong")?.textContent ?? (isIndexing ? "Indexing…" : "");
    if (now !== stateSaid) say(now || "Indexing is done."); // not each percent of it
    stateSaid = now;
    clearTimeout(timer);
    timer = setTimeout(look, isIndexing ? 1000 : 15000);
  }
  async function look() {
    if (document.hidden) { timer = setTimeout(look, 15000); return; }
    try {
      const got = await call("page_status");
      const isNew = got.generation !== generation;
      tellStatus(got);
      if (isNew) await shelve();
      if (isNew && !(got.progress && $("examples").querySelector("li"))) freshen();
    } catch { timer = setTimeout(look, 15000); }
  }
  /* the articles have changed: what they answer has, too */
  function freshen(isOther = false) {
    if ($("start").hidden) return;
    if (isOther) $("examples").replaceChildren(make("p", "looking", "Looking for questions that these articles answer…"));
    suggestStart();
  }
  const listed = () => [...root.querySelectorAll(".shelf [data-article]")].map((row) => row.dataset.article);
  function tellChosen(total) {
    const n = state.chosen.length, line = $("chosen"), found = $("search").value.trim() ? listed() : [];
    const offer = (act, text) => {
      const button = make("button", "quiet", text);
      button.dataset.act = act;
      line.append(button);
    };
    const hadFocus = holdsFocus(line);
    line.replaceChildren(n ? `Asking only ${n} of ${total} ` : !total ? "" : found.length ? "Asking all. " : "Asking all. Tick some to ask only those.");
    if (found.some((id) => !state.chosen.includes(id))) offer("ask-found", found.length > 1 ? `Ask only these ${found.length}` : "Ask only this");
    if (n) offer("ask-all", "Ask all");
    if (hadFocus) (line.querySelector("button") ?? $("shelf")).focus({ preventScroll: true });
    root.toggleAttribute("data-only", n > 0);
    const asked = [...state.chosen].sort().join("\n");
    if (asked !== line.dataset.asked) {
      line.dataset.asked = asked;
      if (line.dataset.total) freshen(true);
    }
    $("scope").textContent = n ? `Only ${n} chosen article${n > 1 ? "s" : ""} will be asked.` : "Enter asks. The ? at the top lists the shortcuts.";
    line.dataset.total = total;
  }
  /* the articles are being changed: told at once, for a change waits while they are indexed */
  async function change(text, act) {
    const place = $("results"), told = make("div", "told");
    place.querySelectorAll(".wrong").forEach((note) => note.parentElement.remove());
    told.append(make("p", "meta", `${text}…${isIndexing ? " This waits until indexing ends." : ""}`));
    place.prepend(told);
    clearTimeout(timer);
    timer = setTimeout(look, 1000);
    try {
      const { html } = await act();
      if (html) told.innerHTML = html; else told.remove();
    } catch (error) { told.replaceChildren(); complain(error, told); }
    await shelve();
    freshen();
  }
  function upload(files) {
    files = [...files];
    $("files").value = "";
    if (files.length) change(`Adding ${files.length} file${files.length > 1 ? "s" : ""}`, () => add(files));
  }
  async function add(files) {
    if (files.length > MOST_FILES) throw new Error(`${files.length} files at once are too many; add at most ${MOST_FILES} at a time, or a ZIP of them.`);
    const large = files.find((file) => file.size > LARGEST_FILE);
    const all = files.reduce((sum, file) => sum + file.size, 0);
    if (large) throw new Error(`${clipped(large.name, 80)} has ${(large.size / 1e6).toFixed(0)} MB; a file may have ${LARGEST_FILE / 1e6} MB. Split it.`);
    if (all > LARGEST_UPLOAD) throw new Error(`These files have ${(all / 1e6).toFixed(0)} MB together; add at most ${LARGEST_UPLOAD / 1e6} MB at a time.`);
    const form = new FormData();
    files.forEach((file) => form.append("files", file));
    const sent = await reach("gradio_api/upload", { method: "POST", body: form });
    if (!sent.ok) throw new Error(sent.status === 413 ? "A file is too large." : `the upload failed (${sent.status})`);
    const paths = await sent.json();
    return call("page_add", paths.map((path, i) => ({ path, orig_name: files[i]?.name, meta: { _type: "gradio.FileData" } })));
  }

  function closeMenu() {
    $("export").open = false;
    $("export").querySelector("summary").focus();
  }
  async function exportAs(kind) {
    const answers = current().answers;
    closeMenu();
    try {
      if (!answers.length) throw new Error("There is nothing to export yet: ask a question first.");
      const file = await call("page_export", kind, clipped(answers[0].question, 120), answers);
      const link = make("a");
      link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      const n = file.left_out, left = n === 1 ? "1 answer that cannot be read was" : `${n} answers that cannot be read were`;
      if (n) complain(new Error(`Exported as ${file.name}; ${left} left out.`), $("turns")).scrollIntoView({ block: "nearest" });
      else say(`Exported as ${file.name}.`);
    } catch (error) { complain(error, $("turns")).scrollIntoView({ block: "nearest" }); }
  }
  function setTheme(theme) {
    state.theme = theme;
    root.dataset.theme = theme;
    const words = { "": "as the system has them", light: "light", dark: "dark" };
    $("theme").setAttribute("aria-label", `Colours: ${words[theme]}`);
    $("theme").title = `Colours: ${words[theme]}`;
    return words[theme];
  }
  function fit(field = $("question")) {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 150)}px`;
  }
  /* what is being written outlives a reload */
  function draft(text) {
    const field = $("question");
    if (field.value !== text) field.value = text;
    fit();
    try { sessionStorage.setItem(`${keptAs()}-draft`, text); } catch { /* no storage */ }
  }
  function showHelp() {
    const at = new URL("ask", document.baseURI);
    $("curl").textContent = `curl -s ${at} --json '{"question": "Who said what?"}'`;
    if (!$("help").open) $("help").showModal();
  }

  const ACTS = {
    "new": () => { stop(); cleared = null; begin(); show(); writeNext(); },
    "clear": () => {
      stop();
      cleared = current().answers.length ? current() : null;
      state.conversations = state.conversations.filter((c) => c.id !== state.current);
      begin();
      show();
      writeNext();
    },
    "bring-back": () => {
      // another tab may have kept it since: the same is one, what it went on with is another
      const theirs = state.conversations.find((c) => c.id === cleared.id);
      if (theirs && JSON.stringify(theirs.answers) !== JSON.stringify(cleared.answers)) cleared.id = named();
      state.conversations = [cleared, ...state.conversations.filter((c) => c.answers.length && c.id !== cleared.id)];
      state.current = cleared.id;
      cleared = null;
      save();
      show();
      writeNext();
    },
    "bring-cut": () => {
      const whole = { id: named(), answers: cut.answers }; // beside the edited one: both stay
      state.conversations = [whole, ...state.conversations];
      state.current = whole.id;
      save();
      show();
      writeNext();
    },
    "widen": (button) => {
      const { standalone } = answerOf(button.closest(".turn"));
      choose([]);
      ask(standalone, { alone: true });
      writeNext();
    },
    "ask-anew": (button) => {
      const turn = button.closest(".turn");
      ask(answerOf(turn).question, turn === lastTurn() ? { from: Number(turn.dataset.turn) } : {});
    },
    "show-all": (button) => {
      const is = button.parentElement.querySelector(".asked h2")?.classList.toggle("all") ?? false; // none while it is edited
      button.textContent = is ? "Show less" : "Show all";
      button.setAttribute("aria-expanded", is);
    },
    "export": (button) => exportAs(button.dataset.kind),
    "theme": () => { const order = ["", "light", "dark"]; say(`Colours: ${setTheme(order[(order.indexOf(state.theme) + 1) % 3])}`); save(); },
    "help": showHelp,
    "shut": () => $("help").close(),
    "to-library": () => { goAway(); $("library").scrollIntoView({ block: "start" }); $("library").focus({ preventScroll: true }); },
    "to-source": () => { goAway(); $("source").scrollIntoView({ block: "start" }); $("source").focus({ preventScroll: true }); },
    "to-conversation": () => {
      if (away) return history.back();
      (lastTurn() ?? $("turns")).scrollIntoView({ block: "start" });
      $("turns").focus({ preventScroll: true });
    },
    "choose-files": () => $("files").click(),
    "dismiss": (button) => { button.closest(".told").remove(); $("search").focus(); },
    "stop": stop,
    "ask-this": (button) => { ask(button.textContent); writeNext(); },
    "edit": (button) => { const turn = button.closest(".turn"); edit(turn, answerOf(turn).question, false); },
    "edit-understood": (button) => { const turn = button.closest(".turn"); edit(turn, answerOf(turn).standalone, true); },
    "copy": async (button) => {
      const answer = answerOf(button.closest(".turn"));
      try { copy((await call("page_citation", answer, "citations", 0)).quotes[state.length], button); } catch (error) { complain(error, button.closest(".turn")); }
    },
    "copy-open": () => copy(opened?.quotes?.[state.length], root.querySelector('[data-act="copy-open"]')),
    "previous": () => step(-1),
    "next": () => step(1),
    "close": leaveSource,
    "open-article": (button) => { returnTo = button; openArticle(button.closest("[data-article]").dataset.article, 0, 0); },
    "remove": (button) => {
      const row = button.closest("[data-article]"), id = row.dataset.article;
      if (leaving.has(id)) return;
      doomed = { id, title: `“${clipped(row.querySelector("bdi").textContent, 140)}”` };
      const stays = id.startsWith("added:") ? "Its file stays, as it holds other articles" : "Its file stays in your folder";
      $("remove-what").textContent = `${doomed.title} ` + (row.dataset.last === "true"
        ? "was added here; its file is deleted."
        : `is no longer asked. ${stays}; you can bring this one back.`);
      $("remove").showModal();
    },
    "keep": () => $("remove").close(),
    "remove-now": () => {
      const { id, title } = doomed;
      $("remove").close();
      leaving.add(id);
      markRows();
      change(`Removing ${title}`, async () => {
        try { await call("page_remove", [id]); } finally { leaving.delete(id); }
        if (opened?.article === id) { returnTo = null; closeSource(); }
        say("Removed.");
        return {};
      });
    },
    "restore": () => { change("Bringing back what is hidden", () => call("page_restore")); },
    "ask-found": () => choose(listed()),
    "ask-all": () => choose([]),
  };
  function choose(ids) {
    state.chosen = ids;
    save();
    tick((id) => ids.includes(id));
    tellChosen(Number($("chosen").dataset.total));
  }

  function onClick(event) {
    const skip = event.target.closest('a[href^="#"]');
    if (skip) { event.preventDefault(); root.querySelector(skip.getAttribute("href")).focus(); return; }
    const button = event.target.closest("button, [data-cite]");
    if (!button || !root.contains(button) || button.getAttribute("aria-disabled") === "true") return;
    const turn = button.closest(".turn");
    if (button.dataset.cite !== undefined) openCitation(turn, button.dataset.group, Number(button.dataset.cite));
    else if (button.dataset.at !== undefined) openArticle(opened.article, Number(button.dataset.at), Number(button.dataset.until), true);
    else if (button.getAttribute("role") === "radio") setLength(button.dataset.length, button);
    else if (Object.hasOwn(ACTS, button.dataset.act)) {
      if (button === $("ask")) event.preventDefault(); // it stops, and asks again from now on
      ACTS[button.dataset.act](button);
    }
  }
  function onKey(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const isTyping = event.target.closest?.("textarea, input, select, [contenteditable]");
    if (isPlain && event.key === "Escape") {
      root.querySelectorAll(".sure").forEach((tip) => tip.classList.add("shut"));
      if (root.querySelector("dialog[open]")) return;
      if (busy) stop(); else if ($("export").open) closeMenu();
      else if (isTyping && event.target.matches("textarea, input")) event.target.blur(); else if (opened) leaveSource();
      return;
    }
    const radio = event.target.closest?.("[role=radio]");
    if (isPlain && radio && ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"].includes(event.key)) {
      const by = ["ArrowRight", "ArrowDown"].includes(event.key) ? 1 : 2;
      setLength(LENGTHS[(LENGTHS.indexOf(radio.dataset.length) + by) % 3], radio);
      radio.parentElement.querySelector('[aria-checked="true"]').focus();
      event.preventDefault();
      return;
    }
    if (root.querySelector("dialog[open]")) return;
    const isThirdLevel = event.getModifierState("AltGraph"); // Windows tells it as Ctrl and Alt
    if (isPlain || isThirdLevel) {
      // who types outside of a field means to ask; Space scrolls and presses buttons
      if (!isTyping && event.key.length === 1 && event.key !== " ") $("question").focus({ preventScroll: true });
      return;
    }
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code.startsWith("Numpad")) return;
    // on a Mac, Alt makes other characters of letters: in a field they are meant
    const key = /^[a-z0-9]$/i.test(event.key) ? event.key.toLowerCase() : isTyping ? "" : event.code.replace(/^Key|^Digit/, "").toLowerCase();
    const keys = {
      "h": showHelp,
      "a": () => $("search").focus(),
      "n": ACTS.new,
      "j": () => step(1),
      "k": () => step(-1),
      "c": ACTS["copy-open"],
      "l": () => setLength(LENGTHS[(LENGTHS.indexOf(state.length) + 1) % 3], lastTurn()),
      "e": () => { const turn = lastTurn(); if (turn) edit(turn, answerOf(turn).question, false); },
    };
    const turn = lastTurn();
    if (/^[1-9]$/.test(key) && turn) {
      const [group, index] = placesOf(turn)[Number(key) - 1] || [];
      if (group) { openCitation(turn, group, index); event.preventDefault(); }
    } else if (Object.hasOwn(keys, key)) { keys[key](); event.preventDefault(); }
  }

  function start(element) {
    if (root) return;
    root = element;
    load();
    setTheme(state.theme);
    dress();
    root.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    $("form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (busy) return;
      const question = $("question").value;
      draft("");
      ask(question);
    });
    let isCut = false;
    $("question").addEventListener("paste", (event) => {
      const field = event.target, kept = field.value.length - (field.selectionEnd - field.selectionStart);
      isCut = kept + (event.clipboardData?.getData("text").length ?? 0) > field.maxLength;
    });
    $("question").addEventListener("input", (event) => {
      draft(event.target.value);
      const cutAt = `What you pasted was cut at ${event.target.maxLength.toLocaleString("en")} characters.`;
      $("cut").textContent = isCut && event.inputType === "insertFromPaste" ? cutAt : "";
      isCut = false;
    });
    $("question").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); if (!busy) $("form").requestSubmit(); }
    });
    // the button that opened it may have been drawn anew meanwhile
    $("remove").addEventListener("close", () => {
      if (root.contains(document.activeElement) && !holdsFocus($("remove"))) return;
      (rowOf(doomed.id)?.querySelector(".remove") ?? $("shelf")).focus({ preventScroll: true });
    });
    addEventListener("resize", dress);
    addEventListener("storage", share);
    addEventListener("popstate", comeBack);
    $("export").addEventListener("focusout", (event) => {
      if (event.relatedTarget && !$("export").contains(event.relatedTarget)) $("export").open = false;
    });
    $("conversations").addEventListener("change", (event) => { cleared = cut = null; state.current = event.target.value; save(); show(); });
    $("search").addEventListener("input", () => { clearTimeout(searching); searching = setTimeout(shelve, 120); });
    $("shelf").addEventListener("change", (event) => {
      const id = event.target.closest("[data-article]")?.dataset.article;
      if (!id) return;
      const others = state.chosen.filter((other) => other !== id);
      choose(event.target.checked ? [...others, id] : others);
    });
    $("files").addEventListener("change", (event) => upload(event.target.files));
    root.addEventListener("pointerover", (event) => event.target.closest(".sure")?.classList.remove("shut"));
    root.addEventListener("focusin", (event) => event.target.closest(".sure")?.classList.remove("shut"));
    const drop = $("drop"), hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => { if (hasFiles(event)) { event.preventDefault(); drop.classList.add("over"); } });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
    document.addEventListener("drop", (event) => {
      drop.classList.remove("over");
      if (!hasFiles(event)) return;
      event.preventDefault(); // else the browser leaves the page to show the file
      upload(event.dataTransfer.files);
    });
    document.addEventListener("click", (event) => { if (!event.target.closest?.("#qa-export")) $("export").open = false; });
    $("chosen").dataset.asked = [...state.chosen].sort().join("\n");
    try { draft(sessionStorage.getItem(`${keptAs()}-draft`) ?? ""); } catch { /* nothing kept */ }
    shelve();
    show();
    if (matchMedia("(hover: hover)").matches) writeNext();
  }
  /* Gradio has drawn its own copy of the page: the one in use takes its place. */
  function adopt(element) {
    const own = element.querySelector("#qa");
    if (!root) return start(own);
    if (own === root) return;
    const focused = document.activeElement, at = root.contains(focused) ? [focused.selectionStart, focused.selectionEnd] : null;
    const scrolled = [root, ...root.querySelectorAll(".turns, .source-body, .shelf-body")].map((e) => [e, e.scrollTop]);
    own.replaceWith(root);
    scrolled.forEach(([e, top]) => { e.scrollTop = top; });
    if (at) {
      focused.focus({ preventScroll: true });
      if (at[0] != null) focused.setSelectionRange?.(...at);
    }
    root.dataset.adopted = "1";
  }
  window.qaPage = { start, adopt };
})();
