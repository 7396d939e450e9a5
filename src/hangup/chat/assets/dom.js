// Elements are made from text alone: nothing that anybody said is ever read as HTML.

export const at = (id) => document.getElementById(id);

/** Make an element; `properties` are set on it, `inside` is put into it. */
export function made(tag, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
}
