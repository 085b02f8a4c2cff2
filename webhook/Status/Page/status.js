'use strict';
// Moves the bars of what runs, and draws the page again when something has begun or ended, and every minute. Without it the page is as complete, and stands still.
(() => {
  const glance = 2000;
  const redraw = 60000;
  let drawn = Date.now();

  const load = async path => {
    const answer = await fetch(path + location.search, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.statusText);
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  };

  const bars = root => new Map([...root.querySelectorAll('#running [data-run]')].map(bar => [bar.dataset.run, bar]));

  const draw = async () => {
    const next = await load('./');
    const focus = document.activeElement ? document.activeElement.id : '';
    const open = [...document.querySelectorAll('details[open]')].map(more => more.id);
    document.querySelector('main').replaceWith(next.querySelector('main'));
    document.title = next.title;
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    drawn = Date.now();
  };

  const move = async () => {
    const [now, here] = [bars(await load('running')), bars(document)];
    const changed = now.size !== here.size || [...now.keys()].some(run => !here.has(run));
    const reading = !getSelection().isCollapsed;
    if (changed || (Date.now() - drawn > redraw && !reading)) return draw();
    for (const bar of document.querySelectorAll('[data-run]')) {
      const next = now.get(bar.dataset.run);
      if (next && next.innerHTML !== bar.innerHTML) bar.replaceChildren(...next.cloneNode(true).childNodes);
    }
  };

  const look = async () => {
    if (!document.hidden) {
      let failed = false;
      try { await move(); } catch { failed = true; }
      document.getElementById('stale').hidden = !failed;
    }
    setTimeout(look, glance);
  };
  setTimeout(look, glance);
})();
