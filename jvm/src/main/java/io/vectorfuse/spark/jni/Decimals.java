package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.unsafe.Platform;

/**
 * Spark's decimals as Arrow's decimal128: the unscaled value in 16 bytes, two's complement,
 * little-endian.
 */
final class Decimals {
  /** Bytes of a decimal128. */
  static final int WIDTH = 16;

  /**
   * The most digits that every 64-bit number can hold: Spark's own border between long and
   * BigDecimal.
   */
  private static final int LONG_DIGITS = 18;

  private Decimals() {}

  /** The decimal at an address. */
  static Decimal read(long address, int precision, int scale) {
    long low = Platform.getLong(null, address);
    long high = Platform.getLong(null, address + 8);
    if (precision <= LONG_DIGITS && high == low >> 63) {
      return Decimal.createUnsafe(low, precision, scale);
    }
    BigInteger unscaled =
        BigInteger.valueOf(high)
            .shiftLeft(64)
            .add(BigInteger.valueOf(low >>> 1).shiftLeft(1))
            .add(BigInteger.valueOf(low & 1));
    return Decimal.apply(new BigDecimal(unscaled, scale), precision, scale);
  }

  /**
   * Puts a decimal at an address.
   *
   * @param column the column that it belongs to
   * @throws VectorFuseException DATA, if the value does not fit precision and scale exactly
   */
  static void write(Decimal value, ArrowField column, long address) {
    long low;
    long high;
    if (column.precision <= LONG_DIGITS && value.scale() == column.scale) {
      low = value.toUnscaledLong();
      high = low >> 63;
    } else {
      BigInteger unscaled = unscaled(value.toJavaBigDecimal(), column);
      low = unscaled.longValue();
      high = unscaled.shiftRight(64).longValue();
    }
    Platform.putLong(null, address, low);
    Platform.putLong(null, address + 8, high);
  }

  private static BigInteger unscaled(BigDecimal value, ArrowField column) {
    try {
      BigDecimal scaled = value.setScale(column.scale, RoundingMode.UNNECESSARY);
      if (scaled.precision() <= column.precision) {
        return scaled.unscaledValue();
      }
    } catch (ArithmeticException rounded) {
      // Told below, like a value with too many digits.
    }
    throw new VectorFuseException(
        VectorFuseException.Kind.DATA,
        "column " + column.path + ": " + value + " does not fit the format " + column.format,
        null);
  }
}
