// Builds and finds elements. Text only becomes text nodes, so user input is never parsed as HTML.

/** An element with properties and children. `class`, `aria-*`, `data-*`, and `role` are attributes; `on` holds listeners. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === 'css') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name in element && !name.includes('-') && name !== 'list') element[name] = value;
    else element.setAttribute(name === 'className' ? 'class' : name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button that does not submit a form. */
export function button(label, click, properties = {}) {
  return h('button', { type: 'button', ...properties, on: { click, ...properties.on } }, label);
}

export const $ = (selector, within = document) => within.querySelector(selector);

const PATHS = {
  close: 'M6 6l12 12M18 6L6 18',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 15a3 3 0 100-6 3 3 0 000 6z',
  plus: 'M12 5v14M5 12h14',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
};

/** An icon, hidden from screen readers: its button has the label. */
export function icon(name) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

let ids = 0;
/** A unique element id. */
export const freshId = (prefix) => `${prefix}-${++ids}`;

/** Calls back once when the element comes into view. */
export function whenSeen(element, callback) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    callback();
  }, { rootMargin: '200px' });
  observer.observe(element);
}

/** Accepts files dropped on an area, which has the class `dragging` while files are over it. Returns how to stop. */
export function acceptDrops(area, take) {
  let depth = 0;
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  const show = (on) => area.classList.toggle('dragging', on);
  const listeners = {
    dragenter(event) { if (carriesFiles(event)) { event.preventDefault(); depth += 1; show(true); } },
    dragover(event) { if (carriesFiles(event)) event.preventDefault(); },
    dragleave(event) { if (carriesFiles(event) && (depth -= 1) <= 0) { depth = 0; show(false); } },
    drop(event) {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      show(false);
      take([...event.dataTransfer.files]);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) area.addEventListener(name, listener);
  return () => { for (const [name, listener] of Object.entries(listeners)) area.removeEventListener(name, listener); };
}
