namespace BackupRunner.Kube;

/// <summary>More than <see cref="KubeTransport.MaxAnswerBytes"/>.</summary>
sealed class AnswerTooLargeException() : Exception($"the server's answer has more than {KubeTransport.MaxAnswerBytes} bytes");
