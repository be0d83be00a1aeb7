// What the vectors need of node:assert/strict, for a browser.

function fail(message) {
  throw new Error(message);
}

function same(one, other) {
  if (Object.is(one, other)) {
    return true;
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  const names = Object.keys(one);
  return (
    Object.getPrototypeOf(one) === Object.getPrototypeOf(other) &&
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
  );
}

export const assert = {
  ok: (value, message = 'not true') => value || fail(message),
  equal: (found, expected) => Object.is(found, expected) || fail(`${found} is not ${expected}`),
  deepEqual: (found, expected) =>
    same(found, expected) || fail(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`),
  async rejects(operate, check) {
    let raised;
    try {
      await operate();
    } catch (error) {
      raised = { error };
    }
    check((raised ?? fail('nothing was raised')).error);
  },
};
