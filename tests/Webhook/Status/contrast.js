// Every visible text with its contrast against what is behind it, by the formula of WCAG 2.2. Grounds are flat colours, of elements around the text.
(() => {
  const parse = color => {
    const numbers = color.match(/[\d.]+/g).map(Number);
    const [r, g, b] = color.startsWith('color(') ? numbers.slice(0, 3).map(one => one * 255) : numbers;
    return { r, g, b, a: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
  });
  const light = color => {
    const [r, g, b] = [color.r, color.g, color.b].map(one => one / 255).map(one => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(parse(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const seen = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const [text, element] = [texts.currentNode.textContent.trim(), texts.currentNode.parentElement];
    if (!text || !element.checkVisibility() || element.closest('script, svg')) continue;
    const behind = ground(element);
    const [one, other] = [light(over(parse(getComputedStyle(element).color), behind)), light(behind)];
    seen.push({ text: text.slice(0, 40), contrast: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) });
  }
  return seen;
})()
