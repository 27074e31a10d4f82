// The page in a browser, used as people do: `node page.mjs CHROMIUM URL GUARDED [FOLDER]`, where GUARDED is a server that
// asks for the key `secret`. Prints a line of JSON for each check, and leaves pictures in FOLDER. What the replies to the
// prompts are stands in PageTest.

import assert from 'node:assert/strict';
import {createServer, request as forward} from 'node:http';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const [executablePath, url, guarded, pictures] = process.argv.slice(2);

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

const checks = {
  async 'a reply streams in as Markdown, with its times and its cost'(page) {
    await say(page, 'markdown');
    const reply = page.locator('article.assistant');
    assert.equal(await reply.locator('h3').first().textContent(), 'Title');
    assert.equal(await reply.locator('strong').first().textContent(), 'bold');
    assert.deepEqual(await reply.locator('.answer ol > li').allTextContents(), ['one', 'two']);
    assert.equal(await reply.locator('pre[data-language=java] code').textContent(), 'int x = 1;\n\nint y = 2;');
    assert.equal(await reply.locator('td').first().textContent(), '1');
    assert.equal(await reply.locator('a').getAttribute('href'), 'https://example.org/a');
    assert.equal(await reply.locator('.timeline line.tick').count(), 10);
    assert.match(await reply.innerText(), /1 tokens in \(0 from cache\), 11 out/);
  },

  async 'lists keep their numbers, and the code that lies in them'(page) {
    await say(page, 'lists');
    const answer = page.locator('article.assistant .answer');
    assert.deepEqual(await answer.locator('> *').evaluateAll(all => all.map(each => [each.tagName, each.start])),
      [['OL', 1], ['UL', undefined], ['OL', 2], ['UL', undefined], ['OL', 3], ['P', undefined]]);
    assert.deepEqual(await answer.locator('> ol').last().locator('> li').evaluateAll(all =>
      all.map(each => each.firstChild.textContent)), ['Build', 'Run', 'Look', 'npm i']);
    assert.deepEqual(await answer.locator('pre code').allTextContents(),
      ['# all\n\n  if x:\n    y', 'if x:\n  y', '- no item\n# no title']);
  },

  async 'what only looks like Markdown stays as the model wrote it'(page) {
    await say(page, 'lookalikes');
    const answer = page.locator('article.assistant .answer');
    assert.deepEqual(await answer.locator('p').allTextContents(), ['def f(*all, **named): pass', '5*(3+2)*4', 'both']);
    assert.equal(await answer.locator('strong > em').textContent(), 'both');
    assert.deepEqual(await answer.locator('td').allTextContents(), ['x | y', 'z']);
    assert.equal(await answer.locator('h3').textContent(), 'C#');
  },

  async 'a reply costs little, however long its lines are'(page) {
    await say(page, 'long');
    assert.match(await page.locator('article.assistant .answer h3').textContent(), /^a +b$/);
  },

  async 'a reply of one piece has no gaps to tell of'(page) {
    await say(page, 'brief');
    assert.match(await page.locator('.timeline figcaption').textContent(), /^one piece, after [\d.]+ m?s$/);
  },

  async 'what a model says is text and never a program'(page) {
    await say(page, 'hostile');
    const text = await page.locator('article.assistant .answer').textContent();
    assert.match(text, /<img src=x onerror=alert\(1\)>/);
    assert.match(text, /<script>alert\(2\)<\/script>/);
    assert.equal(await page.locator('article.assistant :is(img, script, iframe)').count(), 0);
    assert.equal(await page.locator('article.assistant a[href^="javascript:"]').count(), 0);
  },

  async 'the same reply comes whole beside the streamed one'(page) {
    await say(page, 'slow');
    await page.getByRole('button', {name: 'Compare with whole'}).click();
    await page.locator('.timeline .same').waitFor();
    assert.equal(await page.locator('.timeline svg').count(), 2);
    assert.deepEqual(await page.locator('.sides .markdown').allTextContents(), ['One two three.', 'One two three.']);
    assert.match(await page.locator('.timeline strong').textContent(), /^First words after .* instead of .*\.$/);
  },

  async 'a comparison that is stopped says so, and leaves the reply as it was'(page) {
    await say(page, 'once');
    const figures = await page.locator('.timeline').textContent();
    await page.getByRole('button', {name: 'Compare with whole'}).click();
    await page.locator('.sides .markdown', {hasText: 'One two'}).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'stop');
    assert.ok(await page.getByRole('button', {name: 'Regenerate'}).isDisabled());
    await page.click('#stop');
    await idle(page);
    assert.equal(await page.locator('#said').textContent(), 'Stopped by you.');
    assert.equal(await page.locator('.timeline').textContent(), figures);
  },

  async 'a whole reply is given up when the streamed one beside it breaks off'(page) {
    await page.click('#showSettings');
    await page.check('#compareAlways');
    await page.route(/chat\/completions/, route => route.request().postDataJSON().stream
      ? route.fulfill({contentType: 'text/event-stream', body: 'data: {"choices":[{"index":0,"delta":{"content":"One"}}]}\n\n'})
      : route.continue());
    const givenUp = page.waitForEvent('requestfailed');
    await say(page, 'endless');
    assert.ok(!(await givenUp).postDataJSON().stream);
  },

  async 'a comparison that breaks off says so, and nothing of the one before it'(page) {
    const brokenOff = 'The stream broke off: this is not the whole reply.';
    await say(page, 'slow');
    await page.getByRole('button', {name: 'Compare with whole'}).click();
    await page.locator('.timeline .same').waitFor();
    assert.equal(await page.locator('#said').textContent(), 'Same text, same usage.');
    await page.route(/chat\/completions/, route => route.fulfill({
      contentType: 'text/event-stream',
      body: 'data: {"choices":[{"index":0,"delta":{"content":"One"}}]}\n\n',
    }));
    await page.getByRole('button', {name: 'Compare with whole'}).click();
    await idle(page);
    assert.equal(await page.locator('#said').textContent(), brokenOff);
    assert.equal(await page.locator('article.assistant .quiet', {hasText: brokenOff}).count(), 1);
    assert.equal(await page.locator('.timeline svg').count(), 1);
    await page.getByRole('button', {name: 'Regenerate'}).click();
    await idle(page);
    assert.equal(await page.locator('#said').textContent(), brokenOff);
  },

  async 'Escape and the button stop a reply, and what came of it stays'(page) {
    for (const [turn, stop] of [() => page.keyboard.press('Escape'), () => page.click('#stop')].entries()) {
      await type(page, 'endless');
      const reply = page.locator('article.assistant').nth(turn);
      await reply.getByText('One two').waitFor();
      await stop();
      await idle(page);
      assert.match(await reply.innerText(), /One two[^]*Stopped by you\./);
    }
    assert.equal(await page.evaluate(() => document.activeElement.id), 'prompt');
  },

  async 'Escape leaves an edit, unless an input method has it, and stops no reply'(page) {
    await type(page, 'endless');
    await page.getByRole('button', {name: 'Edit'}).click();
    const box = page.locator('form.edit textarea');
    await box.dispatchEvent('keydown', {key: 'Escape', isComposing: true});
    await box.dispatchEvent('keydown', {key: 'Escape', keyCode: 229});
    assert.equal(await box.count(), 1);
    await box.press('Escape');
    assert.equal(await box.count(), 0);
    assert.ok(await page.locator('#stop').isVisible());
    await page.keyboard.press('Escape');
    await idle(page);
  },

  async 'Enter that ends a composition sends nothing'(page) {
    await page.fill('#prompt', '你好');
    await page.dispatchEvent('#prompt', 'keydown', {key: 'Enter', isComposing: true});
    await page.dispatchEvent('#prompt', 'keydown', {key: 'Enter', keyCode: 229}); // as Safari says it
    assert.equal(await page.locator('article').count(), 0);
    assert.equal(await page.inputValue('#prompt'), '你好');
  },

  async 'conversations outlive the page, and can be left, found and deleted'(page) {
    await say(page, 'slow');
    await page.reload();
    assert.match(await page.locator('article.assistant').innerText(), /One two three\.[^]*1 tokens in/);
    await page.click('#newChat');
    assert.equal(await page.locator('article').count(), 0);
    await say(page, 'markdown');
    await page.locator('#chats').getByRole('button', {name: 'slow', exact: true}).click();
    assert.equal(await page.locator('article.user .text').textContent(), 'slow');
    await page.getByRole('button', {name: 'Delete “slow”'}).click();
    assert.equal(await page.locator('article').count(), 0);
    assert.deepEqual(await page.locator('#chats button:first-child').allTextContents(), ['markdown']);
  },

  async 'two tabs with the same conversation lose nothing of it'(page) {
    await say(page, 'slow');
    const other = await page.context().newPage();
    await other.goto(page.home);
    await say(other, 'brief');
    await page.locator('article.assistant', {hasText: 'Yes.'}).waitFor();
    await say(page, 'markdown');
    await page.reload();
    assert.deepEqual(await page.locator('article.user .text').allTextContents(), ['slow', 'brief', 'markdown']);
    assert.equal(await page.locator('article.assistant').count(), 3);
  },

  async 'a reply that is coming in when the page is left is kept as far as it came'(page) {
    await type(page, 'endless');
    await page.locator('article.assistant', {hasText: 'One two'}).waitFor();
    await page.reload();
    assert.match(await page.locator('article.assistant').innerText(), /One two[^]*Stopped by you\./);
  },

  async 'a stream that breaks off does not look complete'(page) {
    await say(page, 'breaks');
    const failure = await page.locator('article.assistant .failure').textContent();
    assert.match(failure, /the cable is loose.*not the whole reply/);
    assert.equal(await page.getByRole('button', {name: 'Compare with whole'}).count(), 0);
    await page.getByRole('button', {name: 'Regenerate'}).click();
    await idle(page);
    assert.equal(await page.locator('article.assistant').count(), 1);
  },

  async 'a refusal is shown in the words of the server'(page) {
    page.expected = /400/;
    await say(page, 'refused');
    assert.equal(await page.locator('article.assistant .failure').textContent(), 'not today');
    assert.equal(await page.locator('article.assistant .timeline').count(), 0);
  },

  async 'an edited message is sent again, and what followed it is gone'(page) {
    await say(page, 'slow');
    await say(page, 'hostile');
    await page.getByRole('button', {name: 'Edit'}).first().click();
    await page.locator('form.edit textarea').fill('markdown');
    await page.getByRole('button', {name: 'Send again'}).click();
    await idle(page);
    assert.deepEqual(await page.locator('article.user .text').allTextContents(), ['markdown']);
    assert.equal(await page.locator('article.assistant').count(), 1);
  },

  async 'where nothing can be asked for, the conversation stays as it was'(page) {
    await say(page, 'slow');
    await page.click('#showSettings');
    await page.selectOption('#format', 'json_schema');
    await page.fill('#schema', '{');
    await page.getByRole('button', {name: 'Regenerate'}).click();
    assert.match(await page.locator('#trouble').textContent(), /^JSON schema is not JSON/);
    assert.equal(await page.locator('article.assistant .answer').textContent(), 'One two three.');
    await page.getByRole('button', {name: 'Edit'}).click();
    await page.locator('form.edit textarea').fill('markdown');
    await page.getByRole('button', {name: 'Send again'}).click();
    assert.equal(await page.inputValue('form.edit textarea'), 'markdown');
    await type(page, 'brief');
    assert.equal(await page.inputValue('#prompt'), 'brief');
    await page.reload();
    assert.deepEqual(await page.locator('article.user .text').allTextContents(), ['slow']);
    assert.equal(await page.locator('article.assistant .answer').textContent(), 'One two three.');
  },

  async 'tools are offered, called and answered'(page) {
    await page.click('#showSettings');
    await page.check('#useTools');
    await say(page, 'tools');
    assert.equal(await page.locator('.calls pre').textContent(), '{"city":"北京"}');
    await page.getByRole('textbox', {name: 'Result of weather'}).fill('19 °C');
    await page.getByRole('button', {name: 'Send results'}).click();
    await page.locator('article.assistant').nth(1).waitFor();
    await idle(page);
    assert.match(await page.locator('article.assistant').last().innerText(), /^It has 19 °C\./);
  },

  async 'a result that is typed stays until it is sent, and none can be once another message follows'(page) {
    await page.click('#showSettings');
    await page.check('#useTools');
    await say(page, 'tools');
    const box = page.locator('.calls textarea');
    await box.fill('19 °C');
    await page.getByRole('button', {name: 'Compare with whole'}).click();
    await page.locator('.timeline .same').waitFor();
    assert.equal(await box.inputValue(), '19 °C');
    await page.selectOption('#language', 'zh');
    assert.equal(await box.inputValue(), '19 °C');
    await say(page, 'brief');
    assert.equal(await box.count(), 0);
    assert.equal(await page.locator('.calls button').count(), 0);
    assert.equal(await page.locator('.calls pre').textContent(), '{"city":"北京"}');
  },

  async 'settings go with the request'(page) {
    await page.click('#showSettings');
    await page.fill('#system', 'Be brief.');
    await page.fill('#temperature', '0.5');
    await page.fill('#seed', '7');
    await page.fill('#stopStrings', 'END');
    await page.selectOption('#format', 'json_schema');
    await page.selectOption('#model', 'org/tiny:1b');
    const asked = page.waitForRequest(/chat\/completions/);
    await type(page, 'slow');
    const body = (await asked).postDataJSON();
    await idle(page);
    assert.deepEqual(body.messages, [{role: 'system', content: 'Be brief.'}, {role: 'user', content: 'slow'}]);
    assert.equal(body.model, 'org/tiny:1b');
    assert.equal(body.temperature, 0.5);
    assert.equal(body.seed, 7);
    assert.deepEqual(body.stop, ['END']);
    assert.equal(body.response_format.json_schema.schema.type, 'object');
    await page.fill('#schema', '{');
    await type(page, 'slow');
    assert.match(await page.locator('#trouble').textContent(), /^JSON schema is not JSON/);
    await page.reload();
    assert.equal(await page.inputValue('#system'), 'Be brief.');
  },

  async 'the page speaks Chinese, and is dark where it shall be'(page) {
    await page.click('#showSettings');
    await page.selectOption('#language', 'zh');
    await page.selectOption('#theme', 'dark');
    assert.equal(await page.locator('#send').textContent(), '发送');
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh');
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(22, 25, 27)');
  },

  async 'a reply goes on when the page changes its language'(page) {
    await page.click('#showSettings');
    await type(page, 'slower');
    await page.locator('article.assistant', {hasText: 'One'}).waitFor();
    await page.selectOption('#language', 'zh');
    assert.ok(await page.locator('#stop').isVisible(), 'the reply is still coming in');
    await idle(page);
    assert.equal(await page.locator('article.assistant .answer').textContent(), 'One two three.');
    assert.equal(await page.locator('article.assistant').getAttribute('aria-busy'), 'false');
    assert.match(await page.locator('.timeline figcaption').textContent(), /^首个片段/);
  },

  async 'the keyboard does it all'(page) {
    assert.equal(await page.locator('a, button, input, select, textarea').first().getAttribute('class'), 'skip');
    await page.focus('.skip');
    await page.keyboard.press('Enter');
    await page.keyboard.type('sl');
    await page.keyboard.press('Shift+Enter');
    assert.equal(await page.inputValue('#prompt'), 'sl\n');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('ow');
    await page.keyboard.press('Enter');
    await page.locator('.timeline').waitFor();
    await page.keyboard.press('Shift+Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Compare with whole');
    assert.equal(await page.locator('#said').textContent(), 'One two three.');
    await page.keyboard.press('Enter');
    await page.locator('.timeline .same').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'prompt');
  },

  async 'every control has a name, and nothing is wider than the window'(page) {
    for (const [width, height, scheme] of [[1280, 800, 'light'], [1280, 800, 'dark'], [390, 844, 'dark'], [390, 844, 'light']]) {
      await page.setViewportSize({width, height});
      await page.emulateMedia({colorScheme: scheme});
      await page.reload();
      await page.locator('#model option').first().waitFor({state: 'attached'});
      if (await page.locator('article').count() === 0) await say(page, 'markdown');
      await picture(page, `${scheme}-${width}`);
      await page.click('#showSettings');
      await picture(page, `${scheme}-${width}-settings`);
      const nameless = await page.locator(':is(button, input, select, textarea):visible').evaluateAll(all => all
        .filter(each => !(each.ariaLabel || each.textContent.trim() || each.labels?.[0]?.textContent.trim()))
        .map(each => each.outerHTML));
      assert.deepEqual(nameless, []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `at ${width}`);
      await page.click('#showSettings');
      const box = await page.locator('#composer').boundingBox();
      assert.ok(box.y + box.height <= height, `composer at ${width}`);
    }
  },

  async 'a key is asked for, and forgotten with the tab'(page) {
    page.expected = /401/;
    await page.goto(guarded);
    await page.fill('#key', 'wrong');
    await page.keyboard.press('Enter');
    await page.locator('#trouble', {hasText: 'The server refused this key.'}).waitFor();
    await page.fill('#key', 'secret');
    await page.keyboard.press('Enter');
    await page.locator('#model option').first().waitFor({state: 'attached'});
    await say(page, 'slow');
    assert.match(await page.locator('article.assistant').innerText(), /^One two three\./);
    assert.ok(!(await page.evaluate(() => JSON.stringify(localStorage))).includes('secret'));
  },

  async 'the page works where nothing may be kept'(page) {
    page.expected = /401/;
    await page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {get() { throw new DOMException('blocked', 'SecurityError'); }});
      }
    });
    await page.goto(guarded);
    await page.fill('#key', 'secret');
    await page.keyboard.press('Enter');
    await say(page, 'slow');
    assert.match(await page.locator('article.assistant').innerText(), /^One two three\./);
  },

  async 'the page works below any path'(page) {
    const proxy = createServer((request, response) => {
      if (!request.url.startsWith('/some/where/')) return response.writeHead(404).end();
      const {method, headers} = request;
      request.pipe(forward(url + request.url.slice('/some/where/'.length), {method, headers}, reply => {
        response.writeHead(reply.statusCode, reply.headers);
        reply.pipe(response);
      }));
    });
    await new Promise(listening => proxy.listen(0, '127.0.0.1', listening));
    try {
      page.home = `http://127.0.0.1:${proxy.address().port}/some/where/`;
      await page.goto(page.home);
      await say(page, 'slow');
      assert.match(await page.locator('article.assistant').innerText(), /^One two three\./);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  },
};

async function type(page, text) {
  await page.locator('#model option').first().waitFor({state: 'attached'});
  await page.fill('#prompt', text);
  await page.press('#prompt', 'Enter');
}

async function say(page, text) {
  await type(page, text);
  await idle(page);
}

function idle(page) {
  return page.locator('#send').waitFor();
}

async function picture(page, name) {
  if (pictures) await page.screenshot({path: join(pictures, `${name}.png`)});
}

const browser = await chromium.launch({executablePath, args: FLAGS});
for (const [name, check] of Object.entries(checks)) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}, locale: 'en-GB'});
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints = [];
  page.home = url;
  page.expected = /^$/;
  page.on('pageerror', fault => complaints.push(fault.stack));
  page.on('console', line => {
    if (line.type() === 'error' && !page.expected.test(line.text())) complaints.push(line.text());
  });
  page.on('request', request => {
    if (![url, guarded, page.home].some(own => request.url().startsWith(own))) complaints.push(`asked for ${request.url()}`);
  });
  let failure;
  try {
    await page.goto(url);
    await check(page);
    assert.deepEqual(complaints, []);
  } catch (fault) {
    failure = String(fault.stack) + complaints.join('\n');
  }
  console.log(JSON.stringify({name, failure}));
  await context.close();
}
await browser.close();
